import { describe, expect, test } from "vitest";
import { decodeEntities, readForms, readText } from "#local/browser/html.ts";

describe("readForms", () => {
  test("reads action, method and fields whatever the order and quotes of attributes", () => {
    const html = `
      <form method='post' onsubmit="login.disabled = 1 > 0; return true;" action="http://a/?x=1&amp;y=&#x32;" id=kc-form-login>
        <input value="" name="username" type="text">
        <INPUT TYPE=password NAME=password />
        <input type="hidden" value="&quot;7&quot;" name='credentialId'>
        <input type="checkbox" name="rememberMe"> <input type="checkbox" name="agree" checked>
        <input type="submit" name="login" value="Sign In"/>
      </form>`;
    expect(readForms(html)).toEqual([
      {
        id: "kc-form-login",
        action: "http://a/?x=1&y=2",
        method: "POST",
        fields: { username: "", password: "", credentialId: '"7"', agree: "on" },
      },
    ]);
  });

  test("keeps the inputs of two forms apart, and those of none out", () => {
    const html = `<input name="lost"><form action="/a"><input name="one"></form><form action="/b"><input name="two"></form>`;
    expect(readForms(html).map(({ action, fields }) => [action, Object.keys(fields)])).toEqual([
      ["/a", ["one"]],
      ["/b", ["two"]],
    ]);
  });

  test("sees no form in comments and scripts", () => {
    const html = `<!-- <form action="/c"> --><script>document.write("<form action='/s'>")</script>`;
    expect(readForms(html)).toEqual([]);
  });
});

describe("readText", () => {
  test("finds an element by id or by one of its classes, with nested elements of the same name", () => {
    const html = `<div id="kc-error-message"><div class="big instruction">Access <b>denied</b> &amp;
      over</div></div><div>rest</div>`;
    expect(readText(html, "kc-error-message")).toBe("Access denied & over");
    expect(readText(html, "instruction")).toBe("Access denied & over");
    expect(readText(html, "absent")).toBeUndefined();
  });
});

test("decodeEntities reads each entity once and leaves unknown ones", () => {
  expect(decodeEntities("&amp;lt; &#39; &#x27; &hellip; &#xFFFFFFFF;")).toBe("&lt; ' ' &hellip; &#xFFFFFFFF;");
});

import { describe, expect, test } from "vitest";
import { findJava, javaMajor, parseJavaSettings } from "#local/keycloak/java.ts";
import { silent } from "#local/progress.ts";

describe("javaMajor", () => {
  test.each([
    ["17.0.15", 17],
    ["25.0.2", 25],
    ["25", 25],
    ["22-ea", 22],
    ["1.8.0_402", 8],
  ])("of %s is %i", (version, major) => {
    expect(javaMajor(version)).toBe(major);
  });
});

describe("parseJavaSettings", () => {
  test("finds home and version among the properties", () => {
    const text = [
      "Property settings:",
      "    java.class.version = 61.0",
      "    java.home = /opt/some java/17",
      "    java.version = 17.0.15",
      "    java.version.date = 2025-04-15",
      "",
      'openjdk version "17.0.15" 2025-04-15',
    ].join("\n");
    expect(parseJavaSettings(text)).toEqual({ home: "/opt/some java/17", version: "17.0.15" });
  });

  test("answers nothing for a launcher without a Java behind it", () => {
    expect(parseJavaSettings("The operation couldn't be completed. Unable to locate a Java Runtime.")).toBeUndefined();
  });
});

describe("findJava", () => {
  test("refuses an unknown LOCAL_JAVA by name and value", async () => {
    await expect(findJava(silent, { LOCAL_JAVA: "system" })).rejects.toMatchObject({
      kind: "usage",
      message: 'LOCAL_JAVA is "system"; set it to "installed" or "bundled"',
    });
  });
});

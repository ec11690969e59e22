import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { allAlerts } from "#components/kubernetes/sync-alerts.ts";

const read = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const runbook = read("alerts.md");
const names = allAlerts("tools", { staleAfter: 30, webhook: true, proxy: "pass" }).map(({ alert }) => alert);

/** As GitHub makes anchors of headings. */
const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));

it("every alert has a section that says what to do, and every section is an alert's", () => {
  const sections = runbook.split(/^## /m).filter((section) => section.startsWith("Langfuse"));
  expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(names);
  for (const section of sections) expect(section.split("\n").slice(1).join(" ").trim().length).toBeGreaterThan(80);
});

it("every alert has a line of troubleshooting with its remedy, and every line leads to its section", () => {
  const rows = [...read("troubleshooting.md").matchAll(/^\| \[(\w+)\]\(alerts\.md#(\w+)\) \| .+ \| .+ \|$/gm)];
  expect(rows.map(([, name, anchor]) => [name, anchor])).toEqual(names.map((name) => [name, name.toLowerCase()]));
});

it.each(["alerts.md", "configuration.md", "login-proxy.md", "metrics.md", "webhook.md"])(
  "what %s says of alerts leads to a section",
  (name) => {
    const pattern = name === "alerts.md" ? /\]\(#([\w-]+)\)/g : /\]\(alerts\.md#([\w-]+)\)/g;
    const targets = [...read(name).matchAll(pattern)].map(([, anchor]) => anchor);
    expect(targets.length).toBeGreaterThan(0);
    expect(anchors).toEqual(expect.arrayContaining(targets));
  },
);

it("Prometheus is shown the ports and the labels that the pods have", () => {
  const [, text = ""] = /```yaml\n([\s\S]+?)```/.exec(runbook) ?? [];
  const { scrape_configs: jobs } = parse(text) as {
    scrape_configs: readonly { relabel_configs: readonly { regex?: string; target_label?: string }[] }[];
  };
  const rules = jobs.flatMap(({ relabel_configs }) => relabel_configs);
  expect(rules.flatMap(({ regex }) => regex ?? [])).toEqual(["webhook;http|login-proxy;operations"]);
  expect(rules.flatMap(({ target_label }) => target_label ?? [])).toEqual(["namespace", "pod"]);
});

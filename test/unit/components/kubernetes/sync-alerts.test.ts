import { describe, expect, it } from "vitest";
import { allAlerts, prometheusRule } from "#components/kubernetes/sync-alerts.ts";
import { deploy, find } from "../deployment.ts";
import { metricsIn, problemsOf } from "./promql.ts";
import { declare } from "./sync-declaration.ts";

const everything = { staleAfter: 30, webhook: true, proxy: "pass" } as const;
const alone = { staleAfter: 30, webhook: false, proxy: undefined };
const alerts = allAlerts("tools", everything);
const names = (watched: Parameters<typeof allAlerts>[1]) => allAlerts("tools", watched).map(({ alert }) => alert);

describe("the alerts", () => {
  it.each(alerts)("$alert is PromQL and goes by metrics and labels that exist", ({ expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  it("say whole sentences, and no alert is there twice", () => {
    for (const { summary } of alerts) expect(summary).toMatch(/^[A-Z].+\.$/);
    expect(new Set(names(everything)).size).toBe(alerts.length);
  });

  it("are about the webhook and the proxy only where these are", () => {
    const about = (name: string) => names(everything).filter((one) => one.startsWith(`Langfuse${name}`));
    expect(about("Webhook").length).toBeGreaterThan(3);
    expect(names({ ...alone, webhook: true })).toEqual([...names(alone), ...about("Webhook")]);
    expect(names({ ...alone, proxy: "pass" })).toEqual([...names(alone), ...about("Proxy")]);
    for (const { expr } of allAlerts("tools", alone)) expect(metricsIn(expr).join()).not.toMatch(/webhook|proxy/);
  });

  it("are worse where logins are refused because of what they tell of", () => {
    const severityOf = (proxy: "pass" | "refuse") =>
      allAlerts("tools", { ...everything, proxy }).find(({ alert }) => alert === "LangfuseProxyLoginsUnread")?.severity;
    expect([severityOf("pass"), severityOf("refuse")]).toEqual(["warning", "critical"]);
  });

  it("are one object of the Prometheus operator", async () => {
    const args = { ...everything, namespace: "tools", labels: { release: "prometheus" }, staleAfter: 15 };
    const { resources } = await deploy(() => prometheusRule("sync", args, {}));
    const { inputs } = find(resources, "PrometheusRule");
    expect(inputs).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      metadata: { name: "sync", namespace: "tools", labels: { release: "prometheus" } },
    });
    const [group] = (inputs.spec as { groups: { rules: unknown[] }[] }).groups;
    expect(group?.rules).toHaveLength(alerts.length);
    expect(group?.rules[0]).toEqual({
      alert: "LangfuseSyncStale",
      expr: "time() - langfuse_sync_last_success_timestamp_seconds > 900",
      labels: { severity: "critical" },
      annotations: {
        summary: "Roles in Langfuse have not followed Keycloak for more than 15 minutes.",
        runbook: "docs/alerts.md#langfusesyncstale",
      },
    });
  });

  it("are those of what a stack has: a webhook that is suspended is meant to be away", async () => {
    const alertsOf = async (changes: Parameters<typeof declare>[0]) => {
      const { resources } = await declare({ alerts: { enabled: true, staleAfter: 30 }, ...changes });
      const { groups } = find(resources, "PrometheusRule").inputs.spec as {
        groups: [{ rules: { alert: string; expr: string }[] }];
      };
      return groups[0].rules;
    };
    const webhook = { enabled: true, memory: 192, generation: 1, namespaces: [] };
    const namesOf = async (changes: Parameters<typeof declare>[0]) =>
      (await alertsOf(changes)).map(({ alert }) => alert);
    expect(await namesOf({})).toEqual(names(alone));
    expect(await namesOf({ webhook, suspend: true })).toEqual(names(alone));
    expect(await namesOf({ webhook, proxyMode: "pass" })).toEqual(names(everything));
    const down = (await alertsOf({ webhook })).find(({ alert }) => alert === "LangfuseWebhookDown");
    expect(down?.expr).toContain('{namespace="tools"}');
  });
});

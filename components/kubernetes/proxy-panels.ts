import { graph, grown, type Panel, stat, statOfADay } from "./panel.ts";
import { NOT_PASSED_ON, UNSURE_LOGINS } from "./proxy-alerts.ts";

/** What somebody wants to see who asks whether logins come through, with which roles, and how fast. */
export function proxyPanels(): readonly Panel[] {
  const sum = (series: string) => `sum(increase(${series}[1h]))`;
  return [
    statOfADay("Logins whose role was not made sure", UNSURE_LOGINS, "logins"),
    statOfADay("Requests that did not reach Langfuse", NOT_PASSED_ON, "requests"),
    stat("A login takes longer by", "s", [
      `${sum("langfuse_proxy_login_seconds_total")} / ${sum("langfuse_proxy_logins_total")}`,
      "mean of an hour",
    ]),
    stat("Since one of its pods was started", "s", ["time() - max(langfuse_proxy_start_timestamp_seconds)", "age"]),
    graph("Logins by what became of the role", "short", [
      grown("langfuse_proxy_logins_total", "outcome"),
      "{{outcome}}",
    ]),
    graph("Requests by the status that was sent", "short", [
      grown("langfuse_proxy_requests_total", "status"),
      "{{status}}",
    ]),
  ];
}

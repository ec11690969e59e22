import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { runAudit } from "../audit/run-audit.ts";
import type { Configuration } from "../configuration.ts";
import type { Decision } from "../decision.ts";
import { AccessError, messageOf } from "../errors.ts";
import type { Concerned } from "../guard/concerned.ts";
import { DEFAULT_LIMITS } from "../guard/limits.ts";
import { type GuardedPlan, judgeRun } from "../guard/run-verdict.ts";
import { chooseLease } from "../lease/choice.ts";
import type { Logger } from "../log.ts";
import { runFigures } from "../metrics/run-figures.ts";
import { shardSuffix } from "../plan/shard.ts";
import type { Safeguards } from "../safeguards.ts";
import { chooseState } from "../state/choice.ts";
import { isApprovalUsed, withApproval, withSuccess } from "../state/document.ts";
import { stateKeeper } from "../state/keeper.ts";
import { memoryOf, withMemory } from "../state/memory.ts";

/** What the safeguards need of the process they run in. */
export interface SafeguardSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
}

/** What stands around the runs of this process, as far as it is configured. Nothing is contacted before it is needed. */
export async function createSafeguards(
  configuration: Configuration,
  log: Logger,
  { environment: given, print }: SafeguardSurroundings,
): Promise<Safeguards> {
  const environment = { ...given, ...configuration.values };
  const { shard, organizations, keycloak } = configuration;
  // Jobs that share the work run at the same time, and must not write the same files and objects.
  const suffix = shardSuffix(shard);
  const targets = organizations.map(({ langfuse, rules }) => `${langfuse.url} ${rules.organization}`);
  const runId = randomUUID();
  const warn = (message: string) => log.warn(message);
  const state = stateKeeper({ chosen: chooseState(environment, targets.join("\n"), suffix), warn });
  const lease = chooseLease({ environment, targets, shard: suffix, runId, warn, now: Date.now });
  const audit = runAudit({
    environment,
    shard: suffix,
    print,
    anchor: async () => (await state.current()).audit,
    begin: async (head) => {
      await state.update((current) => ({ ...current, audit: { ...head } }));
      await state.write();
    },
    run: runId,
    actor: `${keycloak.clientId} by ${userName()} on ${hostname()}`,
    warn,
  });
  const figures = runFigures({
    file: environment.METRICS_FILE?.replace(/\.prom$/, `${suffix}.prom`),
    pushgatewayUrl: environment.PUSHGATEWAY_URL,
    instance: `${namesOf(configuration)}${suffix}`,
    targets: {
      [keycloak.url]: "keycloak",
      ...Object.fromEntries(organizations.map(({ langfuse }) => [langfuse.url, "langfuse"])),
    },
    before: async () => (await state.current()).counters,
  });
  const decided = new Set<string>();
  let isWhole = true;

  const finish = async (exitCode: number) => {
    const head = audit.head();
    try {
      await state.update((current) => ({
        ...(exitCode === 0 && isWhole ? withSuccess(current, [...decided], new Date()) : current),
        ...(head && { audit: head }),
        counters: figures.kept(current.counters),
      }));
      await state.write();
    } catch (error) {
      log.error(`the state was not kept: ${messageOf(error)}`);
    }
    // What is handed over replaces what was there, and figures of a few people are not those of everybody.
    if (isWhole) for (const problem of await figures.publish()) log.warn(problem);
    audit.close();
  };

  return {
    hold: async () => {
      const hold = await lease.acquire();
      return { lost: hold.lost, [Symbol.asyncDispose]: hold.release };
    },
    load: async () => memoryOf(await state.current()),
    save: async (memory) => {
      await state.update((current) => withMemory(current, memory));
      await state.write();
    },
    guard: async (decisions, approvals, recent) => {
      const current = await state.current();
      const isUsed = (fingerprint: string) => isApprovalUsed(current, fingerprint);
      const { refusals, approved, fingerprint } = judgeRun(
        guarded(decisions, configuration, recent),
        approvals,
        isUsed,
      );
      if (!approved) return refusals;
      // Before anything is changed: an approval that was used must stay used, whatever happens next.
      await state.update((known) => withApproval(known, fingerprint, new Date()));
      await state.write();
      if (!state.isKept) throw unkeptApproval();
      for (const { guard, organization, people, message } of refusals) {
        await audit.append([{ event: "approval", organization, cause: guard, people, outcome: message, fingerprint }]);
        log.warn({ guard, organization, fingerprint }, "refusal lifted by approval");
      }
      return [];
    },
    record: async (event) => {
      const traced = await audit.observe(event).catch((error: unknown) => ({ trouble: error }));
      await figures.observe(event);
      if (event.kind === "started") isWhole = event.scope === undefined;
      if (event.kind === "decided") decided.add(event.decision.organization.rules.organization);
      // Figures and state are kept also where the audit trail cannot be written.
      if (event.kind === "finished") await finish(event.exitCode);
      if (traced) throw traced.trouble;
    },
  };
}

function guarded(
  decisions: readonly Decision[],
  { organizations }: Configuration,
  recent: ReadonlyMap<string, Concerned> = new Map(),
): readonly GuardedPlan[] {
  const limits = new Map(organizations.map(({ rules, guards }) => [rules.organization, guards]));
  return decisions.map(({ organization: { rules }, state, plan }) => {
    const lately = recent.get(rules.organization);
    return {
      plan,
      world: { state, rules, ...(lately && { recent: lately }) },
      limits: limits.get(rules.organization) ?? DEFAULT_LIMITS,
    };
  });
}

/** Tells installations apart that push to one gateway; with a thousand organizations it must stay short. */
function namesOf({ organizations }: Configuration): string {
  const names = organizations.map(({ name }) => name).join(",");
  return names.length > 100 ? `${names.slice(0, 100)}…` : names;
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

function unkeptApproval(): AccessError {
  return new AccessError(
    "usage",
    "--approve holds once, which has to be remembered, and there is no place for that; set STATE_FILE or STATE_CONFIG_MAP; nothing was changed",
  );
}

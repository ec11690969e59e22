import { auditFileText, verifyAuditFile } from "../audit/file-verification.ts";
import type { AuditHead } from "../audit/record.ts";
import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { shardSuffix } from "../plan/shard.ts";
import { chooseState } from "../state/choice.ts";
import { parseState } from "../state/document.ts";
import { flagValue } from "./arguments.ts";
import type { Command, Surroundings } from "./context.ts";

/** The command `audit verify FILE`. */
export const auditCommand: Command = async ({ environment, print }, options) => {
  const [action = "", file = ""] = options.operands;
  if (action !== "verify") {
    throw new AccessError(
      "usage",
      `"audit" cannot "${action}"${suggestion(action, ["verify"])}; use audit verify FILE`,
    );
  }
  const given = flagValue(options, "--anchor");
  const anchor = given === undefined ? await remembered(environment, file) : parseAnchor(given);
  const report = verifyAuditFile(file, anchor);
  print(options.json ? JSON.stringify({ command: "audit", ...report }) : auditFileText(report, anchor !== undefined));
  return report.exitCode;
};

function parseAnchor(text: string): AuditHead {
  const [, sequence, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash };
  throw new AccessError(
    "usage",
    `--anchor is "${text}"; write the number of a line and its whole hash, such as 12:${"0".repeat(8)}…`,
  );
}

/** The last line of this file that the state knows, if one is configured. */
async function remembered(environment: Surroundings["environment"], file: string): Promise<AuditHead | undefined> {
  if (!environment.STATE_FILE && !environment.STATE_CONFIG_MAP) return undefined;
  // The state of the Job that wrote the file, whose index is behind its name.
  const index = /\.(\d+)$/.exec(file)?.[1] ?? environment.JOB_COMPLETION_INDEX ?? 0;
  const shard = shardSuffix({ index: Number(index), of: Number(environment.SHARDS ?? 1) });
  const store = chooseState(environment, "", shard)?.store;
  const text = await store?.read();
  return text === undefined || store === undefined ? undefined : parseState(text, store.title).audit;
}

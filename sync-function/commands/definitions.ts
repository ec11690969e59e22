import { PROXY_VARIABLES } from "../proxy/variables.ts";
import { WEBHOOK_VARIABLES } from "../webhook/variables.ts";
import type { Command } from "./context.ts";

export interface Flag {
  /** What stands for its value in the help; absent for a flag that takes none. */
  readonly value?: string;
  readonly meaning: string;
}

export interface Definition {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Names of the words that must follow. */
  readonly operands: readonly string[];
  /** Names of the words that may follow these. */
  readonly optional?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Environment of its own, beside that of every command. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Runs until it is told to stop. */
  readonly stays?: boolean;
  /** Behind `node sync-function/main.ts`. */
  readonly example: string;
  /** Loaded when it is asked for: help and refusals of the command line need none of the clients. */
  readonly load: () => Promise<Command>;
}

export const GENERAL_FLAGS = {
  "--json": { meaning: "print one JSON document instead of text" },
  "--help": { meaning: "show what a command does, its flags and an example" },
} as const satisfies Definition["flags"];

const ORGANIZATION: Definition["flags"] = {
  "--organization": { value: "NAME", meaning: "only this organization, by name or id; may be repeated" },
};

/** The commands, in the order of the help. The first is run when none is given. */
export const COMMANDS = {
  plan: {
    summary: "read both sides and show what would change; changes nothing (default)",
    operands: [],
    flags: {
      ...ORGANIZATION,
      "--out": { value: "FILE", meaning: "write the plan to a file, for apply --plan" },
    },
    example: "plan --out plan.json",
    load: async () => (await import("./plan.ts")).planCommand,
  },
  apply: {
    summary: "the same, then change the roles in Langfuse and read them again",
    operands: [],
    flags: {
      ...ORGANIZATION,
      "--plan": { value: "FILE", meaning: "apply exactly this plan, and nothing if anything has changed since" },
      "--approve": {
        value: "FINGERPRINT",
        meaning: "apply the plan with this fingerprint although a guard refused it; repeated for several shards",
      },
    },
    example: "apply --plan plan.json",
    load: async () => (await import("./apply.ts")).applyCommand,
  },
  check: {
    summary: "show what would change only if something would, and end with 2; silent when all is in sync",
    operands: [],
    flags: ORGANIZATION,
    example: "check --json",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  explain: {
    summary: "show why somebody has a role or gets one: from Keycloak over rules and guards to the request",
    operands: ["EMAIL"],
    flags: ORGANIZATION,
    example: "explain dora@example.com",
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  doctor: {
    summary: "examine versions, licence, keys, rights, clocks and sign-in, each finding with its remedy",
    operands: [],
    flags: ORGANIZATION,
    example: "doctor",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  report: {
    summary: "write an access review: person, organization, project, role, why, last change",
    operands: [],
    flags: {
      ...ORGANIZATION,
      "--format": { value: "FORMAT", meaning: "markdown, csv or json; default markdown" },
      "--audit": { value: "FILE", meaning: "audit file that tells the last changes; default AUDIT_FILE" },
      "--out": { value: "FILE", meaning: "write to a file" },
    },
    example: "report --format csv --out review.csv",
    load: async () => (await import("./report-review.ts")).reportCommand,
  },
  snapshot: {
    summary: "write down all memberships and project roles, for restore",
    operands: [],
    flags: { ...ORGANIZATION, "--out": { value: "FILE", meaning: "write to a file instead of standard output" } },
    example: "snapshot --out before.json",
    load: async () => (await import("./snapshot.ts")).snapshotCommand,
  },
  dump: {
    summary: "write an existing organization as configuration of a stack, whose first up changes nobody",
    operands: [],
    flags: {
      "--main": { value: "PROJECT", meaning: "name of the main project; default the first one" },
      "--out": { value: "FILE", meaning: "write to a file instead of standard output" },
    },
    example: "dump --out langfuse.yaml",
    load: async () => (await import("./dump.ts")).dumpCommand,
  },
  restore: {
    summary: "show what leads back to a snapshot, and with --apply do it; people who are not in it stay",
    operands: ["FILE"],
    flags: {
      ...ORGANIZATION,
      "--apply": { meaning: "change the roles in Langfuse; without it nothing is changed" },
      "--remove-others": { meaning: "remove members who are not in the snapshot" },
      "--with-protected": { meaning: "change protected people too, which needs an approval; they are never removed" },
      "--approve": { value: "FINGERPRINT", meaning: "restore although a guard refused the plan with this fingerprint" },
    },
    example: "restore before.json --apply",
    load: async () => (await import("./restore.ts")).restoreCommand,
  },
  bootstrap: {
    summary: "make an organization key and put it into a Kubernetes Secret, exactly once",
    operands: [],
    flags: {},
    example: "bootstrap",
    load: async () => (await import("./bootstrap.ts")).bootstrapCommand,
  },
  "check-key": {
    summary: "ask Langfuse whether the key of a service is of the project it should be of",
    operands: [],
    flags: {
      "--project": { value: "ID", meaning: "project it should open; default LANGFUSE_PROJECT_ID" },
      "--organization": { value: "ID", meaning: "organization that project should be in; default LANGFUSE_ORG_ID" },
    },
    example: "check-key --project cm3xw0qk5000a8k3v1zq2b4d7",
    load: async () => (await import("./check-key.ts")).checkKeyCommand,
  },
  lint: {
    summary: "look for mistakes in a file for SYNC_CONFIG, without any server",
    operands: ["FILE"],
    flags: {},
    example: "lint sync.json",
    load: async () => (await import("./lint.ts")).lintCommand,
  },
  audit: {
    summary: "verify the chain of an audit file: edited, removed, reordered and cut-off lines",
    operands: ["verify", "FILE"],
    flags: {
      "--anchor": { value: "NUMBER:HASH", meaning: "a line that is known to be in it; default the one of STATE_FILE" },
    },
    example: "audit verify audit.jsonl",
    load: async () => (await import("./audit.ts")).auditCommand,
  },
  gate: {
    summary: "examine the login gate of the live realm: check, simulate or explain; changes nothing",
    operands: ["ACTION"],
    optional: ["EMAIL", "CLIENT"],
    flags: {
      "--declared": { meaning: "of simulate and explain: the gate as it is declared now, bound or not" },
    },
    example: "gate explain dora@example.com langfuse",
    load: async () => (await import("./gate.ts")).gateCommand,
  },
  serve: {
    summary: "run until told to stop: webhook follows events of Keycloak, proxy makes the role right at every login",
    operands: ["SERVER"],
    flags: {},
    variables: { ...WEBHOOK_VARIABLES, ...PROXY_VARIABLES },
    stays: true,
    example: "serve webhook",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  help: {
    summary: "show this text",
    operands: [],
    flags: {},
    example: "help",
    load: async () => (await import("./help.ts")).helpCommand,
  },
} as const satisfies Record<string, Definition>;

export type CommandName = keyof typeof COMMANDS;

import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { canonicalJson } from "#sync/audit/canonical.ts";
import { auditFileText, verifyAuditFile } from "#sync/audit/file-verification.ts";
import { type AuditEntry, type AuditHead, GENESIS, nextRecord, type RememberedHead } from "#sync/audit/record.ts";
import { fileSink, outputSink } from "#sync/audit/sink.ts";
import { openAuditTrail } from "#sync/audit/trail.ts";
import { verifyAudit } from "#sync/audit/verification.ts";

const folder = mkdtempSync(path.join(tmpdir(), "audit-"));
const file = path.join(folder, "audit.jsonl");
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(file, { force: true }));

const warnings: string[] = [];
beforeEach(() => warnings.splice(0));

function openTrail(anchor?: AuditHead, sink = fileSink(file)) {
  const now = () => new Date("2026-08-01T12:00:00Z");
  return openAuditTrail({ sink, anchor, run: "r1", actor: "sync", now, warn: (text) => warnings.push(text) });
}

/** What this process has open, where the system tells. */
function openFiles(): readonly string[] {
  const folder = "/proc/self/fd";
  if (process.platform !== "linux") return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      return readlinkSync(path.join(folder, name));
    } catch {
      // The folder itself was open while it was read.
      return [];
    }
  });
}

const change = (email: string): AuditEntry => ({
  event: "change",
  organization: "o1",
  person: { email, userId: "u1", keycloakId: null },
  before: "VIEWER",
  after: "MEMBER",
  cause: "they hold langfuse-member",
  outcome: "applied",
});

/** A file of so many lines, written by two runs. */
function write(count: number): { lines: string[]; head: AuditHead } {
  for (const part of [Math.ceil(count / 2), Math.floor(count / 2)]) {
    const trail = openTrail();
    trail.append(...Array.from({ length: part }, (_, index) => change(`${index}@example.com`)));
    trail.close();
  }
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const { sequence, hash } = JSON.parse(lines.at(-1) ?? "{}");
  return { lines, head: { sequence, hash } };
}

const kindsOf = (lines: readonly string[], anchor?: AuditHead) =>
  verifyAudit(lines, anchor).problems.map(({ kind, line }) => [kind, line]);

describe("verification", () => {
  it("finds nothing in what was written, over several runs", () => {
    const { lines, head } = write(6);
    expect(verifyAudit(lines, head)).toMatchObject({ problems: [], notices: [], records: 6, head });
  });

  it.each([
    [
      "a line that is changed",
      (lines: string[]) => lines.with(2, (lines[2] ?? "").replace("MEMBER", "OWNER")),
      ["edited", 3],
    ],
    ["a line that is no line", (lines: string[]) => lines.with(2, "{}"), ["edited", 3]],
    ["a line that is removed", (lines: string[]) => lines.toSpliced(2, 1), ["removed", 3]],
    ["lines that are removed at the beginning", (lines: string[]) => lines.slice(2), ["removed", 1]],
    [
      "two lines that changed places",
      (lines: string[]) => lines.toSpliced(2, 2, lines[3] ?? "", lines[2] ?? ""),
      ["removed", 3],
    ],
    ["a line that is there twice", (lines: string[]) => lines.toSpliced(2, 0, lines[1] ?? ""), ["reordered", 3]],
    ["lines missing at the end", (lines: string[]) => lines.slice(0, -2), ["truncated", 5]],
  ])("finds %s", (_title, damage, problem) => {
    const { lines, head } = write(6);
    expect(kindsOf(damage(lines), head)).toContainEqual(problem);
  });

  it("without an anchor cannot see that the end is missing, and says so to people", () => {
    const { lines } = write(4);
    expect(kindsOf(lines.slice(0, -1))).toEqual([]);
    expect(auditFileText(verifyAuditFile(file), false)).toContain(
      "missing at the end cannot be seen without the state",
    );
  });

  it("with an anchor sees that the whole chain was written anew", () => {
    const { head } = write(4);
    rmSync(file);
    const trail = openTrail();
    for (const name of ["a", "b", "c", "d"]) trail.append(change(name));
    expect(kindsOf(readFileSync(file, "utf8").trimEnd().split("\n"), head)).toEqual([["replaced", 4]]);
  });

  it("finds a line that was replaced together with its hash", () => {
    const { lines } = write(4);
    const { sequence, hash } = JSON.parse(lines[0] ?? "");
    const forged = nextRecord({ sequence, hash }, change("forged"), { time: "t", run: "r", actor: "a" });
    expect(kindsOf(lines.with(1, JSON.stringify(forged)))).toEqual([["replaced", 3]]);
  });

  it("notices every single changed character of a line", () => {
    const { lines, head } = write(3);
    const middle = lines[1] ?? "";
    fc.assert(
      fc.property(fc.nat(middle.length - 1), fc.constantFrom("x", "0", " ", '"'), (at, character) => {
        fc.pre(middle[at] !== character);
        const changed = lines.with(1, middle.slice(0, at) + character + middle.slice(at + 1));
        return verifyAudit(changed, head).problems.length > 0;
      }),
    );
  });
});

describe("a line that was cut off", () => {
  it.each([1, 20, 200])(
    "after %i bytes is passed over by the next run, which says so, and the chain stays whole",
    (bytes) => {
      const { lines } = write(3);
      appendFileSync(file, (lines[2] ?? "").slice(0, bytes));
      const trail = openTrail();
      trail.append(change("next"));
      const { problems, notices, records } = verifyAuditFile(file, trail.head);
      expect([problems, notices.length, records]).toEqual([[], 1, 5]);
      expect(warnings[0]).toContain("was cut off");
    },
  );

  it("at its line break only is completed", () => {
    write(3);
    writeFileSync(file, readFileSync(file, "utf8").trimEnd());
    openTrail().append(change("next"));
    expect(verifyAuditFile(file)).toMatchObject({ problems: [], notices: [], records: 4 });
    expect(warnings).toEqual([]);
  });

  it("is a notice, not a problem, while it is the last one", () => {
    const { lines } = write(2);
    appendFileSync(file, (lines[1] ?? "").slice(0, 30));
    expect(verifyAuditFile(file)).toMatchObject({
      problems: [],
      exitCode: 0,
      notices: [expect.stringContaining("cut off")],
    });
  });

  it("cannot be used to pass off something else: the repair names its length", () => {
    const { lines } = write(3);
    appendFileSync(file, (lines[2] ?? "").slice(0, 40));
    openTrail().append(change("next"));
    const written = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(kindsOf(written.with(3, "x".repeat(41)))).toEqual([["edited", 4]]);
  });
});

describe("the chain", () => {
  it("goes on from the state where the output keeps no file", () => {
    const output: string[] = [];
    const first = openTrail(
      undefined,
      outputSink((line) => output.push(line)),
    );
    first.append(change("a"), change("b"));
    openTrail(
      first.head,
      outputSink((line) => output.push(line)),
    ).append(change("c"));
    const lines = output.flatMap((text) => text.split("\n"));
    expect(verifyAudit(lines)).toMatchObject({ problems: [], records: 3 });
  });

  it("keeps a gap to be seen when the file was shortened", () => {
    const { lines, head } = write(5);
    writeFileSync(file, `${lines.slice(0, 3).join("\n")}\n`);
    const trail = openTrail(head);
    trail.append(change("next"));
    expect(warnings[0]).toContain("lacks its last 2 lines");
    expect(kindsOf(readFileSync(file, "utf8").trimEnd().split("\n"), trail.head)).toEqual([["removed", 4]]);
  });

  it("is not begun in a file that is none of ours", () => {
    writeFileSync(file, "something else\n");
    expect(() => openTrail()).toThrow(/does not end like an audit file/);
    // A process that stays tries again and again.
    expect(openFiles()).not.toContain(realpathSync(file));
  });

  it("begins after nothing", () => {
    expect(nextRecord(GENESIS, change("a"), { time: "t", run: "r", actor: "a" })).toMatchObject({
      sequence: 1,
      previous: "0".repeat(64),
    });
  });
});

it("canonical JSON is the same whatever the order of the keys, and read back the same", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "é\n" }], a: undefined, A: true })).toBe(
    '{"A":true,"b":[1,{"c":"é\\n","d":null}]}',
  );
});

describe("an output that cannot be read again", () => {
  /** Lines that runs of these lengths print; what is remembered after each is what it began with if it was killed. */
  function collected(runs: readonly { readonly lines: number; readonly killed?: boolean }[]) {
    const lines: string[] = [];
    let anchor: RememberedHead = GENESIS;
    for (const [index, { lines: count, killed }] of runs.entries()) {
      const sink = outputSink((text) => lines.push(...text.split("\n")));
      const run = `run ${index}`;
      const trail = openAuditTrail({ sink, anchor, run, actor: "sync", now: () => new Date(0), warn: () => {} });
      trail.append(...Array.from({ length: count }, (_, position) => change(`${position}@example.com`)));
      anchor = killed ? { sequence: anchor.sequence, hash: anchor.hash, open: run } : trail.head;
    }
    return { lines, anchor };
  }
  const ended = { lines: 2 };
  const killed = { lines: 3, killed: true };

  it.each([
    ["in the middle", [ended, killed, ended], 1],
    ["at the very beginning", [killed, ended], 1],
    ["several times", [ended, killed, killed, { lines: 0, killed: true }, ended, killed, ended], 4],
    ["before it wrote a line", [ended, { lines: 0, killed: true }, ended], 0],
  ])("goes on verifiably where a run was ended by force %s", (_title, runs, notices) => {
    const { lines, anchor } = collected(runs);
    const verified = verifyAudit([...lines, ""], anchor);
    expect(verified).toMatchObject({ problems: [], head: { sequence: anchor.sequence, hash: anchor.hash } });
    expect(verified.notices).toHaveLength(notices);
  });

  it("still shows what was changed in the lines of a run that was ended by force", () => {
    const { lines, anchor } = collected([ended, killed, ended]);
    const edited = lines.with(3, (lines[3] ?? "").replace("MEMBER", "OWNER"));
    expect(kindsOf(edited, anchor)).toEqual([["edited", 4]]);
    expect(kindsOf(lines.toSpliced(2, 1), anchor)).toEqual([["removed", 3]]);
    expect(kindsOf(lines.toSpliced(0, 1), anchor)).toContainEqual(["removed", 1]);
  });

  it("takes no other line for the beginning of such a run", () => {
    const { lines } = collected([ended, ended]);
    const [first = ""] = lines;
    const { sequence: _sequence, hash: _hash, previous: _previous, ...entry } = JSON.parse(first);
    const forged = nextRecord(GENESIS, entry, { time: "", run: "run 7", actor: "somebody" });
    expect(kindsOf([...lines, JSON.stringify(forged)])).toEqual([["reordered", 5]]);
  });
});

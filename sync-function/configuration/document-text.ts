import * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { suggestion } from "../nearest.ts";
import { type SyncDocument, syncDocument } from "./document.ts";

/** Reads the text of the file that `SYNC_CONFIG` names: the document, or everything that is wrong with it. */
export function parseDocument(text: string): SyncDocument | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [`is not JSON (${error instanceof Error ? error.message : error})`] };
  }
  const parsed = syncDocument.safeParse(value);
  return parsed.success ? parsed.data : { problems: parsed.error.issues.flatMap(describe) };
}

/** Every option of the document as a path, such as `organizations[].rules[].from.group`. */
export function optionPaths(schema: z.ZodType = syncDocument): readonly string[] {
  return pathsIn(z.toJSONSchema(schema, { io: "input" }), "");
}

const schemaNode = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
});

function pathsIn(schema: unknown, at: string): string[] {
  const { properties, items } = schemaNode.parse(schema);
  const within = Object.entries(properties).flatMap(([name, child]) => {
    const path = at === "" ? name : `${at}.${name}`;
    return [path, ...pathsIn(child, path)];
  });
  return items === undefined ? within : [...within, ...pathsIn(items, `${at}[]`)];
}

function describe(issue: z.core.$ZodIssue): string[] {
  const place = toDotPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = optionPaths().map((path) => path.slice(path.lastIndexOf(".") + 1).replace("[]", ""));
    return issue.keys.map(
      (key) =>
        `${place === "" ? key : `${place}.${key}`} is no option${suggestion(key, known)}; see docs/sync-configuration.md`,
    );
  }
  if (issue.code === "invalid_type") {
    const isMissing = issue.input === undefined && /received undefined/.test(issue.message);
    return [`${place || "the document"} ${isMissing ? "is not set" : `is of another type than ${issue.expected}`}`];
  }
  return [`${place} ${issue.message}`];
}

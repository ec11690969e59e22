import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A message in the source. */
export interface Message {
  /** File and line. */
  readonly place: string;
  /** With `…` for what is filled in. */
  readonly text: string;
}

const ROOT = fileURLToPath(new URL("../../../sync-function/", import.meta.url));

function sources(except: readonly string[]): readonly ts.SourceFile[] {
  return readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !except.some((folder) => name.startsWith(folder)))
    .map((name) =>
      ts.createSourceFile(name, readFileSync(path.join(ROOT, name), "utf8"), ts.ScriptTarget.Latest, true),
    );
}

/** What `new AccessError` is given as its message anywhere below `sync-function/`, as far as it stands there. */
export function errorMessages(except: readonly string[] = []): readonly Message[] {
  return sources(except).flatMap((file) => {
    const found: Message[] = [];
    const visit = (node: ts.Node) => {
      const message = ts.isNewExpression(node) && node.expression.getText() === "AccessError" && node.arguments?.[1];
      if (message) {
        for (const text of textsOf(message)) {
          const { line } = file.getLineAndCharacterOfPosition(node.getStart());
          if (/[a-z]{4}/i.test(text)) found.push({ place: `${file.fileName}:${line + 1}`, text });
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

/** Every text in the source, whatever it is for. */
export function allTexts(): readonly string[] {
  return sources([]).flatMap((file) => {
    const found: string[] = [];
    const visit = (node: ts.Node) => {
      if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) found.push(...textsOf(node));
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

/** Each text that an expression can be. */
function textsOf(node: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("…")];
  }
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (!ts.isBinaryExpression(node)) return [];
  return [[...textsOf(node.left), ...textsOf(node.right)].join("")];
}

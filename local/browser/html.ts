/** What a page holds that a person would fill in or read: enough HTML for server-rendered login pages. */

export interface Form {
  readonly id: string | undefined;
  /** As written, to be resolved against the page's address; empty means the page itself. */
  readonly action: string;
  readonly method: "GET" | "POST";
  /** What would be sent if nothing was typed: hidden inputs, prefilled ones, ticked boxes. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Where the tag ends in the source. */
  readonly end: number;
}

const tagPattern =
  /<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1\s*>|<(\/?[a-z][a-z0-9-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const attributePattern = /([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;

export function readForms(html: string): Form[] {
  const forms: { form: Form; fields: Record<string, string> }[] = [];
  let open: Record<string, string> | undefined;
  for (const { name, attributes } of readTags(html)) {
    if (name === "form") {
      const fields: Record<string, string> = {};
      const method = attributes.get("method")?.toUpperCase() === "POST" ? "POST" : "GET";
      forms.push({
        form: { id: attributes.get("id"), action: attributes.get("action") ?? "", method, fields },
        fields,
      });
      open = fields;
    } else if (name === "/form") open = undefined;
    else if (name === "input" && open) addInput(open, attributes);
  }
  return forms.map(({ form }) => form);
}

function addInput(fields: Record<string, string>, attributes: ReadonlyMap<string, string>): void {
  const name = attributes.get("name");
  const type = attributes.get("type")?.toLowerCase() ?? "text";
  if (!name || attributes.has("disabled") || ["submit", "button", "image", "reset", "file"].includes(type)) return;
  const box = type === "checkbox" || type === "radio";
  if (box && !attributes.has("checked")) return;
  fields[name] = attributes.get("value") ?? (box ? "on" : "");
}

/** Text of the first element whose id or one of whose classes is `name`, without tags; undefined when there is none. */
export function readText(html: string, name: string): string | undefined {
  for (const { name: element, attributes, end } of readTags(html)) {
    const classes = attributes.get("class")?.split(/\s+/) ?? [];
    if (attributes.get("id") === name || classes.includes(name)) return plainText(contentOf(html.slice(end), element));
  }
  return undefined;
}

/** Everything up to the tag that closes `element`, nested ones of the same name counted. */
function contentOf(html: string, element: string): string {
  let depth = 1;
  for (const { name, end } of readTags(html)) {
    if (name === element) depth++;
    else if (name === `/${element}` && --depth === 0) return html.slice(0, html.lastIndexOf("<", end - 1));
  }
  return html;
}

function* readTags(html: string): Generator<Tag> {
  for (const match of html.matchAll(tagPattern)) {
    const [text, , name, rest = ""] = match;
    if (!name) continue;
    const attributes = new Map<string, string>();
    for (const [, key = "", double, single, bare] of rest.matchAll(attributePattern)) {
      const lower = key.toLowerCase();
      if (!attributes.has(lower)) attributes.set(lower, decodeEntities(double ?? single ?? bare ?? ""));
    }
    yield { name: name.toLowerCase(), attributes, end: match.index + text.length };
  }
}

function plainText(html: string): string {
  return decodeEntities(html.replace(tagPattern, " ")).replace(/\s+/g, " ").trim();
}

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

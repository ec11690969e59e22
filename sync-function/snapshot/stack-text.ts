import type { StackDump } from "./stack-settings.ts";

/** JSON of a scalar is YAML, whatever is in it, on one line. */
const scalar = (value: unknown): string => JSON.stringify(value);

/** A value in YAML's flow style. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return scalar(value);
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
  return `{ ${entries.join(", ")} }`;
}

/** The settings as a fragment of `Pulumi.<stack>.yaml`, one line for each project and person, with what to know about it. */
export function stackText({ settings, leftOut }: StackDump, project: string): string {
  const lines = Object.entries(settings).flatMap(([key, value]) =>
    Array.isArray(value)
      ? [`    ${key}:`, ...value.map((one) => `      - ${flow(one)}`)]
      : [`    ${key}: ${flow(value)}`],
  );
  return [
    "# What is in Langfuse, as configuration of a stack. It holds no key: set those as secrets.",
    "# The role sync never touches members that are declared here. Keep break-glass owners and people outside Keycloak,",
    "# and delete the lines of everybody else before the first `pulumi up`: afterwards, deleting a line removes the person.",
    ...leftOut.map((one) => `# left out: ${one.replaceAll(/\p{Cc}/gu, "�")}`),
    "config:",
    `  ${project}:langfuse:`,
    ...lines,
  ].join("\n");
}

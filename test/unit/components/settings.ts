/** The smallest configuration that is accepted, as the engine hands it over. */
export function completeValues(): Record<string, string> {
  return {
    keycloak: JSON.stringify({ url: "https://keycloak.example.com", realm: "company" }),
    roles: JSON.stringify([{ name: "langfuse-admin", grants: "ADMIN" }]),
    langfuse: JSON.stringify({
      url: "https://langfuse.example.com",
      organization: { name: "Company" },
      project: { name: "Assistant" },
    }),
    keycloakAdminSecret: "hidden-keycloak-secret",
    langfuseAdminApiKey: "hidden-langfuse-secret",
  };
}

/** The same with one key, named by its dotted path, set to another value, or taken away by `undefined`. */
export function changedValues(path: string, value: unknown): Record<string, string> {
  const values = completeValues();
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    if (value === undefined) delete values[first];
    else values[first] = typeof value === "string" ? value : JSON.stringify(value);
    return values;
  }
  const whole = JSON.parse(values[first] ?? "{}") as Record<string, unknown>;
  let at = whole;
  for (const key of rest.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  const last = rest.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
  values[first] = JSON.stringify(whole);
  return values;
}

/** Variables for which the official chart has a value of its own; setting them twice would leave the choice to Kubernetes. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  NEXTAUTH_URL: ["nextauth", "url"],
  NEXTAUTH_SECRET: ["nextauth", "secret"],
  SALT: ["salt"],
  ENCRYPTION_KEY: ["encryptionKey"],
  AUTH_DISABLE_SIGNUP: ["features", "signUpDisabled"],
  AUTH_DISABLE_USERNAME_PASSWORD: ["auth", "disableUsernamePassword"],
  LANGFUSE_ALLOWED_ORGANIZATION_CREATORS: ["allowedOrganizationCreators"],
};

/** The chart makes `AUTH_<PROVIDER>_<OPTION>` of `auth.providers.<provider>.<option>`. */
const PROVIDER = /^AUTH_(KEYCLOAK|CUSTOM)_(.+)$/;

/** The chart prints these two itself, in quotation marks. */
const BOOLEANS = ["AUTH_DISABLE_SIGNUP", "AUTH_DISABLE_USERNAME_PASSWORD"];

/** The chart joins this one itself. */
const LISTS = ["LANGFUSE_ALLOWED_ORGANIZATION_CREATORS"];

/**
 * Values for the official Helm chart of Langfuse (langfuse/langfuse-k8s, 1.x and 2.x) that give the server this
 * environment. Secrets are referred to by name, so that the values may be printed and kept in a repository.
 *
 * @param plain environment that is no secret
 * @param secret names of variables that are keys of the Secret
 * @param checksum another one makes Kubernetes start new pods
 */
export function helmValues<T>(
  plain: Readonly<Record<string, T | string>>,
  secret: { readonly name: T | string; readonly keys: readonly string[] },
  checksum: T | string,
): Record<string, unknown> {
  const langfuse: Record<string, unknown> = {
    pod: { annotations: { "langfuse-access/checksum": checksum } },
  };
  const additional: unknown[] = [];
  for (const [name, value] of Object.entries(plain)) {
    const place = placeOf(name);
    if (place) put(langfuse, place, chartValue(name, value));
    else additional.push({ name, value });
  }
  for (const key of secret.keys) {
    const reference = { secretKeyRef: { name: secret.name, key } };
    const place = placeOf(key);
    if (place) put(langfuse, place, reference);
    else additional.push({ name: key, valueFrom: reference });
  }
  if (additional.length > 0) langfuse.additionalEnv = additional;
  return { langfuse };
}

/** The value in the type that the chart expects. */
function chartValue<T>(name: string, value: T | string): unknown {
  if (BOOLEANS.includes(name)) return value === "true";
  return LISTS.includes(name) && typeof value === "string" ? value.split(",") : value;
}

function placeOf(name: string): readonly string[] | undefined {
  const [, provider, option] = PROVIDER.exec(name) ?? [];
  if (!provider || !option) return PLACES[name];
  return ["auth", "providers", provider.toLowerCase(), camelCase(option)];
}

function camelCase(option: string): string {
  return option.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function put(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root;
  for (const key of path.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1) ?? ""] = value;
}

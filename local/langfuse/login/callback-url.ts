/**
 * Where the browser goes in the end: what the request asks for, else what the cookie remembers, else the base. A path
 * is taken relative to the base, and a URL of another host is replaced by the base.
 */
export function callbackUrl(base: string, requested: unknown, remembered: string | undefined): string {
  const wanted = typeof requested === "string" && requested !== "" ? requested : remembered;
  if (!wanted) return base;
  if (wanted.startsWith("/")) return `${base}${wanted}`;
  return URL.canParse(wanted) && new URL(wanted).origin === base ? wanted : base;
}

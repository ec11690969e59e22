import * as z from "zod";

/** The value is not repeated when it holds a password. */
export const address = z.string({ error: "is not set" }).refine(isPlainAddress, {
  error: ({ input }) => noAddress(String(input)),
});

/** What is wrong with a value that is no plain address, to be read after its name. */
export function noAddress(value: string): string {
  const what = value.includes("@") ? "an address with a user name" : `"${value}"`;
  return `is ${what}; write http:// or https://, a host and at most a path`;
}

/** Whether a value is an address without user name, query and fragment. */
export function isPlainAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

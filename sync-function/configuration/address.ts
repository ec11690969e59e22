import * as z from "zod";

/** The value is not repeated when it holds a password. */
export const address = z.string({ error: "is not set" }).refine(isPlainAddress, {
  error: ({ input }) =>
    `is ${String(input).includes("@") ? "an address with a user name" : `"${input}"`}; write http:// or https://, a host and at most a path`,
});

function isPlainAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

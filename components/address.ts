import { z } from "zod";

/** An address of a server. A user name in it would end up in plain text in the cluster, and the role sync refuses it as well. */
export const plainAddress = z
  .string()
  .refine(isPlainAddress, "use http:// or https://, a host and at most a path")
  .transform((value) => value.replace(/\/+$/, ""));

function isPlainAddress(value: string): boolean {
  const address = URL.parse(value);
  if (address === null || !["http:", "https:"].includes(address.protocol)) return false;
  return address.username === "" && address.password === "" && address.search === "" && address.hash === "";
}

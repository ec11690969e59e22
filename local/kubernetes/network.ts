import { tmpdir } from "node:os";
import path from "node:path";
import { withLock } from "../cache/lock.ts";
import { run } from "../process/run.ts";

/** Range the clusters of one machine take their networks from; away from the ranges container engines prefer. */
const RANGE = [10, 231] as const;
/** Shortest prefix that counts as taken: a route as wide as a whole company's network would forbid every choice. */
const WIDEST = 12;
/** Milliseconds for one change of the network, which waits for those of everybody else on the machine. */
const TIMEOUT = 60_000;

/** Addresses of Services, and the one of the API server's own, which is always the first. */
export const SERVICES = { subnet: "10.96.0.0/16", apiserver: "10.96.0.1" } as const;

/** A network of 256 addresses that only this machine and one cluster's node and pods share. */
export interface Network {
  /** This machine's address. */
  readonly host: string;
  /** The node's address. */
  readonly node: string;
  readonly subnet: string;
  /** Addresses pods may get, first and last. */
  readonly pods: readonly [string, string];
}

export function networkOf(index: number): Network {
  const address = (last: number) => [...RANGE, index, last].join(".");
  return {
    host: address(1),
    node: address(2),
    subnet: `${address(0)}/24`,
    pods: [address(10), address(250)],
  };
}

/** First network that overlaps none of the destinations (`10.0.0.0/16`, `10.1.2.3`, `default`), if there is one. */
export function freeNetwork(destinations: readonly string[]): Network | undefined {
  const taken = destinations.flatMap((destination) => {
    const [address = "", prefix = "32"] = destination.split("/");
    const start = numberOf(address);
    return start === undefined || Number(prefix) < WIDEST ? [] : [{ start, size: 2 ** (32 - Number(prefix)) }];
  });
  for (let index = 0; index < 256; index++) {
    const start = numberOf(networkOf(index).host);
    if (start === undefined) continue;
    const first = start - 1;
    if (taken.every((route) => route.start + route.size <= first || route.start >= first + 256))
      return networkOf(index);
  }
  return undefined;
}

/**
 * Joins the network namespace of process `pid` to this machine. Inside, the link is a port of the bridge `pods`, so that
 * pods reach this machine directly; there is no route to anywhere else. Of the Services only that of the API server has an
 * address, which is where every client in a pod looks for it.
 */
export async function connectNetwork(link: string, pid: number): Promise<Network> {
  // Two clusters that start at the same instant would find the same network free.
  const network = await withLock(path.join(tmpdir(), "langfuse-access-network.lock"), async () => {
    const routes = JSON.parse(await ip("-json", "-4", "route", "show", "table", "all")) as { dst?: string }[];
    const free = freeNetwork(routes.flatMap(({ dst }) => dst ?? []));
    if (!free) throw new Error(`no free network in ${RANGE.join(".")}.0.0/16: stop clusters that are no longer needed`);
    await ip("link", "add", link, "type", "veth", "peer", "name", "uplink", "netns", String(pid));
    await ip("address", "add", `${free.host}/24`, "dev", link);
    await ip("link", "set", link, "up");
    return free;
  });
  const inside = (...args: readonly string[]) =>
    run("nsenter", ["--target", String(pid), "--net", "ip", ...args], { timeout: TIMEOUT });
  await inside("link", "set", "lo", "up");
  // A bridge without an address of its own takes one of its ports', and neighbours lose it when that port goes.
  await inside("link", "add", "pods", "address", "0a:58:0a:e7:00:02", "type", "bridge");
  await inside("address", "add", `${network.node}/24`, "dev", "pods");
  await inside("address", "add", `${SERVICES.apiserver}/32`, "dev", "pods");
  await inside("link", "set", "pods", "up");
  await inside("link", "set", "uplink", "master", "pods", "up");
  return network;
}

/** Removes this machine's end, and with it the other one. Safe to repeat. */
export async function disconnectNetwork(link: string): Promise<void> {
  const links = JSON.parse(await ip("-json", "link", "show", "type", "veth")) as { ifname?: string }[];
  if (links.some(({ ifname }) => ifname === link)) await ip("link", "delete", link).catch(() => {});
}

async function ip(...args: readonly string[]): Promise<string> {
  return await run("ip", args, { timeout: TIMEOUT });
}

function numberOf(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part))) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

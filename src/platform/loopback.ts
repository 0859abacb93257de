/** Loopback addresses, which only this machine can reach. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Whether `host` is a loopback address or "localhost". */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/**
 * Whether `host` resolves to loopback addresses only. Accepts every spelling, for example 127.1, LOCALHOST or the
 * host name of this machine.
 */
export async function resolvesToLoopback(host: string): Promise<boolean> {
  try {
    const found = await lookup(host, { all: true });
    return found.every(({ address }) => isLoopback(address));
  } catch {
    // The later attempt to listen on `host` reports this error.
    return false;
  }
}

// --- internal ---

/** Also matches IPv4-mapped IPv6 addresses, because `check()` treats them as IPv4. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

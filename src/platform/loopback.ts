/** Loopback addresses. Only this machine can reach them. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Returns whether `host` is a loopback address or "localhost". */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/**
 * Returns whether `host` resolves only to loopback addresses. Accepts every spelling, for example 127.1, LOCALHOST or
 * the host name of this machine.
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

/** Loopback addresses. The list also matches IPv4-mapped IPv6 addresses, because `check()` treats them as IPv4. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

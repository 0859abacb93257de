/** Recognizes loopback addresses, which only programs on this machine can reach. */
import { BlockList, isIP } from "node:net";

/** Returns whether `host` is a loopback address or "localhost". */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

// --- internal ---

/** Loopback addresses. IPv4-mapped IPv6 addresses need no entry, because `check()` treats them as IPv4 addresses. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

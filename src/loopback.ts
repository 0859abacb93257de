/** Addresses that lead to this machine alone. */
import { BlockList, isIP } from "node:net";

/** Whether an address, or a name that can mean nothing else, is one of them. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

// --- internal ---

/** An IPv4 address within IPv6 is looked up as IPv4. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Addresses that lead to this machine alone. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Whether an address, or a name that can mean nothing else, is one of them. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/** Whether who listens on it listens on such addresses alone, however it is written: as 127.1, LOCALHOST, this machine's name. */
export async function leadsToLoopback(host: string): Promise<boolean> {
  try {
    const found = await lookup(host, { all: true });
    return found.every(({ address }) => isLoopback(address));
  } catch {
    // Listening on it meets what is wrong, and says so.
    return false;
  }
}

// --- internal ---

/** An IPv4 address within IPv6 is looked up as IPv4. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

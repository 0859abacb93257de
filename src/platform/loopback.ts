/** Recognizes loopback addresses, which only programs on this machine can reach. */
import ipaddr from "ipaddr.js";
import { ipVersion } from "./ip-address.ts";

/** Returns whether `host` is a loopback address or "localhost". */
export function isLoopback(host: string): boolean {
  if (ipVersion(host) === null) return host === "localhost";
  // Also understands IPv4 addresses in the form of IPv6.
  return ipaddr.process(host).range() === "loopback";
}

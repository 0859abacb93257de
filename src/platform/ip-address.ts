/**
 * Recognizes IP addresses. The module `node:net` can do this too, but it loads all streams of Node, which need 1.7 MB and
 * 5 ms of the server's start.
 */
import ipaddr from "ipaddr.js";

/** Returns the version of an IP address. Returns null if the text is not an address. */
export function ipVersion(text: string): 4 | 6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return 4;
  // The library also accepts hexadecimal and octal numbers in the part with points.
  const tail = text.slice(text.lastIndexOf(":") + 1);
  if (tail.includes(".") && !ipaddr.IPv4.isValidFourPartDecimal(tail)) return null;
  return ipaddr.IPv6.isValid(text) ? 6 : null;
}

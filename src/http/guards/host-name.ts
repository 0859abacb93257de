/** Parses the host name of a `host[:port]` header value. */
import { isIP } from "node:net";

/** Returns the name or address without port, brackets and trailing dot. */
export function hostName(written: string): string {
  if (isIP(written) === 6) return written;
  return written
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

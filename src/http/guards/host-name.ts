/** Extracts the host name from the value `host[:port]` of a header. */
import { isIP } from "node:net";

/** Returns the name or address without port, brackets and trailing dot. */
export function hostName(written: string): string {
  if (isIP(written) === 6) return written;
  return written
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

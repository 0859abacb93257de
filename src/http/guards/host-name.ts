/** The name or address in `host[:port]`, as headers have it. */
import { isIP } from "node:net";

/** Without port, brackets and the dot at the end of a full name. */
export function hostName(written: string): string {
  if (isIP(written) === 6) return written;
  return written
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

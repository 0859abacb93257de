/** Extracts the host name from the value `host[:port]` of a header. */
import { ipVersion } from "../../platform/ip-address.ts";

/** Returns the name or address without port, brackets and trailing dot. */
export function hostName(written: string): string {
  if (ipVersion(written) === 6) return written;
  return written
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

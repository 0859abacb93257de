/** Where a request comes from, as far as this server may believe it. */
import ipaddr from "ipaddr.js";
import { hostName } from "./host-name.ts";

/** Notes the other end of a request's connection; only the listener knows it. */
export function notePeer(request: Request, address: string | null): void {
  if (address !== null) peers.set(request, address);
}

/**
 * The client's address, or its network in IPv6: the connection's other end, or what the outermost of the operator's proxies saw.
 * Each proxy adds whom it heard from to the right of X-Forwarded-For; what stands further left anyone may have written.
 */
export function clientAddress(request: Request, trustedProxyHops: number): string {
  const peer = peers.get(request) ?? "unknown";
  if (trustedProxyHops === 0) return clientOf(peer);
  const forwarded = (request.headers.get("x-forwarded-for") ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  return clientOf(forwarded.at(-Math.min(trustedProxyHops, forwarded.length)) ?? peer);
}

// --- internal ---

/** A client of IPv6 has all addresses of its network, of 64 bits; some proxies write the port, which is new each time. */
function clientOf(written: string): string {
  const host = hostName(written);
  if (!ipaddr.isValid(host)) return host;
  const address = ipaddr.process(host);
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

const peers = new WeakMap<Request, string>();

/** Determines the address of a client from sources that the server trusts. */
import ipaddr from "ipaddr.js";
import { hostName } from "./host-name.ts";

/**
 * Stores the address of the client or proxy that opened the connection of the request. Only the listener knows this
 * address.
 */
export function notePeer(request: Request, address: string | null): void {
  if (address !== null) peers.set(request, address);
}

/**
 * Returns the address of the client. For IPv6, returns the /64 network of the address. Without trusted proxies, this is
 * the address that opened the connection. With trusted proxies, the address comes from the X-Forwarded-For header,
 * because each proxy appends the address that opened the connection to the proxy. Only the last `trustedProxyHops`
 * entries come from trusted proxies. The client can forge all earlier entries.
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

/**
 * Returns the /64 network of an IPv6 address, because an IPv6 client can use every address of its network. Returns an
 * IPv4 address unchanged. Removes the port that some proxies append to an address, because the port changes with each
 * connection.
 */
function clientOf(written: string): string {
  const host = hostName(written);
  if (!ipaddr.isValid(host)) return host;
  const address = ipaddr.process(host);
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

const peers = new WeakMap<Request, string>();

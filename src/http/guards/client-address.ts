/** The address of a client, from sources that this server can trust. */
import ipaddr from "ipaddr.js";
import { hostName } from "./host-name.ts";

/** Stores the peer address of a request's connection. Only the listener knows it. */
export function notePeer(request: Request, address: string | null): void {
  if (address !== null) peers.set(request, address);
}

/**
 * The client's address; for IPv6, its /64 network. It is the peer address of the connection, or, behind trusted proxies,
 * the address that the outermost trusted proxy saw. Each proxy appends its peer's address to X-Forwarded-For, so only the last
 * `trustedProxyHops` entries can be trusted: the client can send the entries before them.
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

/** An IPv6 client can use every address of its /64 network. Some proxies append the port, which changes with each connection. */
function clientOf(written: string): string {
  const host = hostName(written);
  if (!ipaddr.isValid(host)) return host;
  const address = ipaddr.process(host);
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

const peers = new WeakMap<Request, string>();

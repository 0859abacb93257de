/** Where a request comes from, as far as this server may believe it. */

/** Notes the other end of a request's connection; only the listener knows it. */
export function notePeer(request: Request, address: string | null): void {
  if (address !== null) peers.set(request, address);
}

/**
 * The client's address: the connection's other end, or what the outermost of the operator's proxies saw.
 * Each proxy adds whom it heard from to the right of X-Forwarded-For; what stands further left anyone may have written.
 */
export function clientAddress(request: Request, trustedProxyHops: number): string {
  const peer = peers.get(request) ?? "unknown";
  if (trustedProxyHops === 0) return peer;
  const forwarded = (request.headers.get("x-forwarded-for") ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  return forwarded.at(-Math.min(trustedProxyHops, forwarded.length)) ?? peer;
}

// --- internal ---

const peers = new WeakMap<Request, string>();

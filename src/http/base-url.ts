/** Determines the URL under which the client of a request reaches this server. */

/** Returns the base URL for OpenAI's clients: the origin of this server, followed by `/v1`. */
export function baseUrl(request: Request): string {
  return `${ownOrigin(request)}/v1`;
}

/**
 * Returns the scheme, host and port of the URL under which the client reaches this server, without a path. Empty when
 * the request has no Host header, as in HTTP/1.0.
 */
export function ownOrigin(request: Request): string {
  const host = URL.parse(`http://${(request.headers.get("host") ?? "").trim()}`)?.host ?? "";
  if (host === "") return "";
  // Any client may send X-Forwarded-Proto. This is safe, because the header changes only the response to the same
  // client.
  const scheme = request.headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${host}`;
}

/** The URL of this server, as the client of a request sees it. */

/** Returns the URL to which OpenAI's clients set their base URL. */
export function baseUrl(request: Request): string {
  return `${ownOrigin(request)}/v1`;
}

/**
 * Returns scheme, host and port of the URL, without a path. Empty when the request has no Host header, as in HTTP/1.0.
 */
export function ownOrigin(request: Request): string {
  const host = URL.parse(`http://${(request.headers.get("host") ?? "").trim()}`)?.host ?? "";
  if (host === "") return "";
  // Any client may send this header. This is safe, because the header changes only the text of the response to this
  // client.
  const scheme = request.headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${host}`;
}

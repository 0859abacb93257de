/** The address of this server as the client of a request calls it. */

/** The URL that clients of OpenAI take as their base URL. */
export function baseUrl(request: Request): string {
  return `${ownOrigin(request)}/v1`;
}

/** Scheme, host and port, without a path; empty when the request has no Host header (HTTP/1.0). */
export function ownOrigin(request: Request): string {
  const host = URL.parse(`http://${(request.headers.get("host") ?? "").trim()}`)?.host ?? "";
  if (host === "") return "";
  // Any client may send this header, but it changes nothing except the text of the client's own response.
  const scheme = request.headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${host}`;
}

/**
 * Replaces the URL of each request with a canonical URL, before any guard or route reads it. Clients are configured
 * with base URLs of many forms: with or without `/v1`, with two `/v1`, with an extra slash, or with the prefix of
 * another service. All guards and routes read the canonical URL, so a client cannot bypass a guard with another
 * spelling of a path.
 */

/** Returns the request itself when its URL is canonical, otherwise a copy with the canonical URL. */
export function withCanonicalUrl(request: Request): Request {
  const url = URL.parse(request.url);
  // The host is replaced in two cases. Elysia searches the path from the 12th character of the URL, so it would not
  // find the path in http://asr/v1/models. Without a valid Host header, the URL is invalid. Replacing the host is safe,
  // because the host guard reads the Host header.
  const host = url !== null && url.host.length >= hostLengthMin ? url.host : "localhost";
  const { pathname, search } = url ?? urlWithoutHost(request.url);
  const canonical = `http://${host}${canonicalPath(pathname)}${search}`;
  return canonical === request.url ? request : new Request(canonical, request);
}

/**
 * Returns the path of the route: `/v1/audio/...` and `/v1/models...` for OpenAI's API, `/health` and similar paths for
 * the other routes. Removes repeated and trailing slashes from every path. Keeps escapes such as `%2F`, because they
 * are part of a segment.
 */
export function canonicalPath(pathname: string): string {
  const segments = pathname.split("/").filter((segment) => segment !== "");
  const [resource, ...rest] = segments.slice(prefixLength(segments));
  if (resource === undefined) return "/";
  if (apiResources.has(resource)) return ["/v1", resource, ...rest].join("/");
  if (ownRoutes.has(resource) && rest.length === 0) return `/${resource}`;
  return `/${segments.join("/")}`;
}

// --- internal ---

const hostLengthMin = 4;

/** First path segments after /v1 of all routes under /v1: the routes of OpenAI's API and the admin routes. */
const apiResources: ReadonlySet<string> = new Set(["admin", "audio", "models"]);

/** Paths of routes that are not part of OpenAI's API. */
const ownRoutes: ReadonlySet<string> = new Set(["health", "ready", "metrics", "openapi.json"]);

/**
 * Returns the number of segments at the start that are part of the base URL: `openai` (the prefix of Groq) if present,
 * followed by any number of `v1`.
 */
function prefixLength(segments: readonly string[]): number {
  const start = segments[0] === "openai" ? 1 : 0;
  const end = segments.findIndex((segment, index) => index >= start && segment !== "v1");
  return end < 0 ? segments.length : end;
}

/** Returns a URL with the path and query of a URL whose host is invalid. */
function urlWithoutHost(written: string): URL {
  const path = written.replace(/^https?:\/\/[^/?#]*/i, "");
  return URL.parse(`http://localhost${path}`) ?? new URL("http://localhost/");
}

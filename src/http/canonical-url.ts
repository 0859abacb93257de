/**
 * Replaces the URL of each request with a canonical URL, before any guard or route reads it. Clients are configured
 * with base URLs of many forms: with or without `/v1`, with two `/v1`, with an extra slash, or with the prefix of
 * another service. All guards and routes read the canonical URL, so a client cannot bypass a guard with another
 * spelling of a path.
 */

/** Returns the request itself when its URL is canonical, otherwise a copy with the canonical URL. */
export function withCanonicalUrl(request: Request): Request {
  const url = URL.parse(request.url);
  // Replaces the host in two cases: it is very short, or it is invalid. Elysia searches the path from the 12th
  // character of the URL. In http://asr/v1/models, the path starts before this character, so Elysia would not find it.
  // Replacing the host is safe, because the host guard reads the Host header and not the URL.
  const host = url !== null && url.host.length >= hostLengthMin ? url.host : "localhost";
  const { pathname, search } = url ?? urlWithoutHost(request.url);
  const canonical = `http://${host}${canonicalPath(pathname)}${search}`;
  return canonical === request.url ? request : new Request(canonical, request);
}

/**
 * Returns the path of the route. A route of OpenAI's API has a path such as `/v1/models`. All other routes have a path
 * such as `/health`. Removes repeated and trailing slashes. Keeps escapes such as `%2F`, because they are part of a
 * segment.
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

/** Path segments that can follow /v1 on this server: the routes of OpenAI's API and Deepgram's, and the admin routes. */
const apiResources: ReadonlySet<string> = new Set(["admin", "audio", "listen", "models"]);

/** Paths of routes without /v1. */
const ownRoutes: ReadonlySet<string> = new Set([
  "asr",
  "docs",
  "health",
  "inference",
  "metrics",
  "openapi.json",
  "ready",
]);

/**
 * Returns the number of segments at the start of the path that belong to the base URL of the client. These are the
 * segment `openai` (the prefix of Groq), if it is present, and then any number of segments `v1`.
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

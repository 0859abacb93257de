/**
 * Gives each request the URL of its route before any guard or route sees it. Clients are configured with base URLs of many
 * forms: with and without `/v1`, with it twice, with a slash too many, or with the prefix of another service. Guards and routes
 * read the same canonical URL, so no spelling of a path passes a guard that another spelling does not pass.
 */

/** The same request when its URL is canonical, else a copy with the canonical URL. */
export function withCanonicalUrl(request: Request): Request {
  const url = URL.parse(request.url);
  // Elysia searches the path from the URL's 12th character on, so it would miss the path in http://asr/v1/models. Without a
  // valid Host header, the URL is invalid. The replacement is safe: the host guard reads the Host header.
  const host = url !== null && url.host.length >= hostLengthMin ? url.host : "localhost";
  const { pathname, search } = url ?? urlWithoutHost(request.url);
  const canonical = `http://${host}${canonicalPath(pathname)}${search}`;
  return canonical === request.url ? request : new Request(canonical, request);
}

/**
 * The path of the route: `/v1/audio/...` and `/v1/models...` for the API, `/health` and its like for the rest. Repeated and
 * trailing slashes are removed from every path. Escapes such as `%2F` stay: they are part of a segment.
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

/** First segments of the routes under /v1: those of OpenAI's API, and the admin routes. */
const apiResources: ReadonlySet<string> = new Set(["admin", "audio", "models"]);

/** Routes outside OpenAI's API. */
const ownRoutes: ReadonlySet<string> = new Set(["health", "ready", "metrics", "openapi.json"]);

/** The number of segments that belong to the base URL: `openai` (the prefix of Groq), then `v1` any number of times. */
function prefixLength(segments: readonly string[]): number {
  const start = segments[0] === "openai" ? 1 : 0;
  const end = segments.findIndex((segment, index) => index >= start && segment !== "v1");
  return end < 0 ? segments.length : end;
}

/** The path and query of a URL whose host is invalid. */
function urlWithoutHost(written: string): URL {
  const path = written.replace(/^https?:\/\/[^/?#]*/i, "");
  return URL.parse(`http://localhost${path}`) ?? new URL("http://localhost/");
}

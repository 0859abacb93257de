/**
 * Rejects requests from web pages of other origins when the server has no API keys (CSRF protection). CORS headers are
 * not enough, because browsers send a multipart form to any server without a preflight request, so any page could start
 * transcriptions.
 */
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import { isOrigin } from "../../settings/access.ts";
import { noPlugin, type Plugin } from "../plugin.ts";
import { hostName } from "./host-name.ts";

/**
 * Creates a plugin that protects all routes. A server with API keys accepts all origins, because a page of another
 * origin does not know a key.
 */
export function checkOrigin(corsOrigins: readonly string[], hasKeys: boolean): Plugin {
  if (hasKeys || corsOrigins.includes("*")) return noPlugin;
  return (app) =>
    app.onRequest(({ request }) => {
      const origin = request.headers.get("origin") ?? "";
      // Programs other than browsers do not send an Origin header, so requests without the header are accepted.
      if (origin === "" || harmlessMethods.has(request.method)) return;
      if (corsOrigins.includes(origin) || isOwnPage(request, origin)) return;
      throw originNotAllowed(origin);
    });
}

// --- internal ---

/** HTTP methods that change nothing and start no work. */
const harmlessMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Maximum length of an origin in the error message. A host name has at most 253 characters. */
const originLengthMax = 300;

/**
 * Returns whether the page has the same origin as this server. The schemes may differ, because a reverse proxy may use
 * TLS. A reverse proxy may also change the Host header. Therefore a Sec-Fetch-Site header with the value "same-origin"
 * is enough. Only the browser can set this header; a page cannot forge it.
 */
function isOwnPage(request: Request, origin: string): boolean {
  if (request.headers.get("sec-fetch-site") === "same-origin") return true;
  const page = /^https?:/.test(origin) ? URL.parse(origin) : null;
  if (page === null) return false;
  const own = URL.parse(`${page.protocol}//${(request.headers.get("host") ?? "").trim()}`);
  return own !== null && own.port === page.port && hostOf(own) === hostOf(page);
}

/** Returns the host of a URL. Returns `localhost` for every loopback name and loopback address. */
function hostOf({ hostname }: URL): string {
  const name = hostName(hostname);
  return isLoopback(name) || name.endsWith(".localhost") ? "localhost" : name;
}

function originNotAllowed(origin: string): AsrError {
  const canBeShown = origin.length <= originLengthMax && isOrigin(origin) && origin !== "*";
  return new AsrError(
    "origin_not_allowed",
    canBeShown
      ? "This server does not accept requests from web pages of this origin. To allow them, start the server with " +
          `--cors-origins ${origin} (or OPEN_ASR_SERVER_CORS_ORIGINS)`
      : "The Origin header is invalid: expected scheme://host[:port] or null",
  );
}

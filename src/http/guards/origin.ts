/**
 * Rejects requests that web pages of other origins send to a server without API keys. Browsers send a form to any server
 * without asking it first, so CORS alone would not stop a page from making this server work.
 */
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import { isOrigin } from "../../settings/access.ts";
import { hostName } from "./host-name.ts";

/** Guards every route of the server. With keys it lets all pass: no page of another origin has a key. */
export function checkOrigin(corsOrigins: readonly string[], hasKeys: boolean) {
  const guard = new Elysia({ name: "origin" });
  if (hasKeys || corsOrigins.includes("*")) return guard;
  return guard.onRequest(({ request }) => {
    const origin = request.headers.get("origin") ?? "";
    // Programs that are no browser send none.
    if (origin === "" || harmlessMethods.has(request.method)) return;
    if (corsOrigins.includes(origin) || isOwnPage(request, origin)) return;
    throw originNotAllowed(origin);
  });
}

// --- internal ---

/** Methods that change nothing and start no work. */
const harmlessMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** A longer one is not repeated to the client: the longest name of a host has 253 characters. */
const originLengthMax = 300;

/**
 * Whether this server's address is the page's own. Its scheme may differ: a proxy in front may speak TLS. Where such a
 * proxy changes the Host header, browsers still say that both have one origin; pages cannot set that header.
 */
function isOwnPage(request: Request, origin: string): boolean {
  if (request.headers.get("sec-fetch-site") === "same-origin") return true;
  const page = /^https?:/.test(origin) ? URL.parse(origin) : null;
  if (page === null) return false;
  const own = URL.parse(`${page.protocol}//${(request.headers.get("host") ?? "").trim()}`);
  return own !== null && own.port === page.port && machineOf(own) === machineOf(page);
}

/** `localhost` and the addresses of this machine are one. */
function machineOf({ hostname }: URL): string {
  const name = hostName(hostname);
  return isLoopback(name) || name.endsWith(".localhost") ? "localhost" : name;
}

function originNotAllowed(origin: string): AsrError {
  const isNameable = origin.length <= originLengthMax && isOrigin(origin) && origin !== "*";
  return new AsrError(
    "origin_not_allowed",
    isNameable
      ? "Cannot take requests from web pages of this origin. To allow them, start the server with " +
          `--cors-origins ${origin} (or OPEN_ASR_SERVER_CORS_ORIGINS)`
      : "Cannot take requests from a web page whose Origin header is not an origin: expected scheme://host[:port] or null",
  );
}

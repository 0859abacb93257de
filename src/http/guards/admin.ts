/**
 * Access to the admin routes. It requires the admin key if there is one, otherwise an API key. A server without any key
 * accepts only direct requests from programs on the same machine to a loopback address, and no requests from web pages.
 */
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import { bearerToken, KeyRing, keysOf } from "./api-key.ts";
import { hostName } from "./host-name.ts";

interface AdminAccess {
  readonly adminKeys: readonly string[];
  readonly apiKeys: readonly string[];
  /** Whether the server listens on a loopback address. */
  readonly onLoopback: boolean;
}

/** Creates a plugin that protects the routes of the plugin that uses it. */
export function adminOnly({ adminKeys, apiKeys, onLoopback }: AdminAccess) {
  const keys = new KeyRing(adminKeys.length > 0 ? adminKeys : apiKeys);
  const kind = adminKeys.length > 0 ? "the admin key of this server" : "an API key";
  return new Elysia({ name: "admin-only" })
    .use(bearerToken())
    .onBeforeHandle({ as: "scoped" }, ({ request, bearer: token }) => {
      if (!keys.isEmpty) {
        keys.require(keysOf(request, token), kind);
        return;
      }
      if (onLoopback && isDirect(request)) return;
      throw new AsrError(
        "admin_not_allowed",
        "This server has no keys: its admin routes answer only programs on the same machine, at a loopback address. " +
          "Set OPEN_ASR_SERVER_ADMIN_KEY to use them from elsewhere",
      );
    });
}

// --- internal ---

/** Headers that a proxy adds. With one of them, the request may come from another machine. */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/**
 * Returns whether neither a proxy nor a web page sent the request. In requests from web pages, browsers send Origin or
 * Sec-Fetch-Site.
 */
function isDirect({ headers }: Request): boolean {
  const host = hostName((headers.get("host") ?? "").trim().toLowerCase());
  const site = headers.get("sec-fetch-site") ?? "none";
  return (
    (isLoopback(host) || host.endsWith(".localhost")) &&
    !forwardingHeaders.some((name) => headers.has(name)) &&
    (site === "none" || site === "same-origin") &&
    (headers.get("origin") ?? "") === ""
  );
}

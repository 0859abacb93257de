/**
 * Access to the admin routes. It requires the admin key if there is one, otherwise an API key. A server without any key
 * accepts only direct requests from programs on the same machine to a loopback address, and no requests from web pages.
 */
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import type { Config } from "../../settings/config.ts";
import { bearerToken, KeyRing, keysOf } from "./api-key.ts";
import { clientAddress } from "./client-address.ts";
import { hostName } from "./host-name.ts";
import { RateLimit } from "./rate-limit.ts";

export type AdminAccess = Pick<Config, "adminKeys" | "apiKeys" | "trustedProxyHops"> & {
  /** Whether the server listens on a loopback address. */
  readonly onLoopback: boolean;
};

/** Creates two plugins. Each one protects the routes of the plugin that uses it. */
export function adminGuards(access: AdminAccess) {
  const { adminKeys, apiKeys } = access;
  // Both guards count wrong keys together: neither gives more guesses.
  const wrongKeys = new RateLimit(wrongKeysPerMinuteMax, undefined, wrongKeysRule);
  return {
    /** The admin key if there is one, else an API key. Without any key, direct requests only. */
    operators: guard("operators-only", access, {
      mustBeDirect: adminKeys.length === 0 && apiKeys.length === 0,
      refusal: "This server has no keys: its admin routes answer only programs on the same machine",
      wrongKeys,
    }),
    /** For routes that write or delete files: without an admin key, an API key does not replace a direct request. */
    owners: guard("owners-only", access, {
      mustBeDirect: adminKeys.length === 0,
      refusal:
        "This server has no admin key: only programs on the same machine may download and delete models",
      wrongKeys,
    }),
  };
}

// --- internal ---

interface Rule {
  readonly mustBeDirect: boolean;
  /** Why a request that is not direct is refused. */
  readonly refusal: string;
  readonly wrongKeys: RateLimit;
}

/** An operator mistypes a key a few times. At this rate, one address needs years to guess a key of six letters. */
const wrongKeysPerMinuteMax = 20;
const wrongKeysRule = `each address may send ${wrongKeysPerMinuteMax} wrong keys per minute to the admin routes`;

function guard(name: string, access: AdminAccess, { mustBeDirect, refusal, wrongKeys }: Rule) {
  const { adminKeys, apiKeys, trustedProxyHops } = access;
  const keys = new KeyRing(adminKeys.length > 0 ? adminKeys : apiKeys);
  const kind = adminKeys.length > 0 ? "the admin key of this server" : "an API key";
  return new Elysia({ name })
    .use(bearerToken())
    .onBeforeHandle({ as: "scoped" }, ({ request, bearer: token }) => {
      if (!keys.isEmpty) {
        const sent = keysOf(request, token);
        const client = clientAddress(request, trustedProxyHops);
        wrongKeys.require(client);
        if (sent.length > 0 && !keys.has(sent)) wrongKeys.take(client);
        keys.require(sent, kind);
      }
      if (!mustBeDirect || isDirect(request, access)) return;
      throw new AsrError(
        "admin_not_allowed",
        `${refusal}, at a loopback address. Set OPEN_ASR_SERVER_ADMIN_KEY to use them from elsewhere`,
      );
    });
}

/**
 * Returns whether neither a proxy nor a web page sent the request. In requests from web pages, browsers send Origin or
 * Sec-Fetch-Site.
 */
function isDirect({ headers }: Request, { onLoopback, trustedProxyHops }: AdminAccess): boolean {
  const host = hostName((headers.get("host") ?? "").trim().toLowerCase());
  const site = headers.get("sec-fetch-site") ?? "none";
  return (
    onLoopback &&
    trustedProxyHops === 0 &&
    (isLoopback(host) || host.endsWith(".localhost")) &&
    ![...headers.keys()].some((name) => forwardingHeaders.test(name)) &&
    (site === "none" || site === "same-origin") &&
    (headers.get("origin") ?? "") === ""
  );
}

/** Headers that proxies add: the request may come from another machine. */
const forwardingHeaders =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-original-(?:host|for|forwarded-.*)|(?:x-)?(?:real|client|cluster-client|true-client)-ip|true-client-ip|cf-(?:connecting-ip|ray)|fastly-client-ip|x-envoy-.*)$/;

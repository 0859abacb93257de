/**
 * Controls the access to the admin routes. If the server has an admin key, a request must contain this key. If the
 * server has only API keys, a request must contain one of them. If the server has no key, it must listen on a loopback
 * address, and only programs on the same machine may send requests, and the web page of this server in a browser on the
 * same machine. Requests through a proxy or from web pages of other origins are then rejected.
 */
import type { Context } from "elysia";
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import type { Config } from "../../settings/config.ts";
import { ownOrigin } from "../base-url.ts";
import { KeyRing, keysOf } from "./api-key.ts";
import { clientAddress } from "./client-address.ts";
import { hostName } from "./host-name.ts";
import { RateLimit } from "./rate-limit.ts";

export type AdminAccess = Pick<Config, "adminKeys" | "apiKeys" | "page" | "trustedProxyHops"> & {
  /** Whether the server listens on a loopback address. */
  readonly onLoopback: boolean;
};

/** Creates two guards, `operators` and `owners`. A guard throws AsrError if a request may not use its routes. */
export function adminGuards(access: AdminAccess) {
  const { adminKeys, apiKeys } = access;
  // Both guards use the same count of wrong keys. With separate counts, a client could guess twice as many keys.
  const wrongKeys = new RateLimit(wrongKeysPerMinuteMax, undefined, wrongKeysRule);
  return {
    /**
     * Guard for the admin routes that neither write nor delete files. Requires the admin key if there is one, otherwise
     * an API key. Without any key, accepts only direct requests (see `isDirect`).
     */
    operators: guard(access, {
      mustBeDirect: adminKeys.length === 0 && apiKeys.length === 0,
      refusal: "This server has no keys: its admin routes answer only programs on the same machine",
      wrongKeys,
    }),
    /**
     * Guard for routes that write or delete files. Requires the admin key if there is one. Without an admin key,
     * accepts only direct requests (see `isDirect`). If the server has API keys, a direct request must also contain one
     * of them.
     */
    owners: guard(access, {
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
  /** Start of the error message for a request that is rejected because it is not direct. */
  readonly refusal: string;
  readonly wrongKeys: RateLimit;
}

/**
 * Maximum number of wrong keys per minute from one address. An operator may mistype a key a few times. At this rate,
 * guessing a key of six letters takes years from one address.
 */
const wrongKeysPerMinuteMax = 20;
const wrongKeysRule = `each address may send ${wrongKeysPerMinuteMax} wrong keys per minute to the admin routes`;

function guard(access: AdminAccess, { mustBeDirect, refusal, wrongKeys }: Rule) {
  const { adminKeys, apiKeys, trustedProxyHops } = access;
  const keys = new KeyRing(adminKeys.length > 0 ? adminKeys : apiKeys);
  const kind = adminKeys.length > 0 ? "the admin key of this server" : "an API key";
  return ({ request }: Pick<Context, "request">): void => {
    if (!keys.isEmpty) {
      const sent = keysOf(request);
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
  };
}

/**
 * Returns whether a program on this machine sent the request directly. This is the case if the server listens on a
 * loopback address, the Host header contains a loopback address, and the request comes neither through a proxy nor from
 * a web page of another origin. Browsers send Origin or Sec-Fetch-Site with requests from web pages.
 */
function isDirect(request: Request, access: AdminAccess): boolean {
  const { headers } = request;
  const { onLoopback, trustedProxyHops } = access;
  const host = hostName((headers.get("host") ?? "").trim().toLowerCase());
  const site = headers.get("sec-fetch-site") ?? "none";
  return (
    onLoopback &&
    trustedProxyHops === 0 &&
    (isLoopback(host) || host.endsWith(".localhost")) &&
    ![...headers.keys()].some((name) => forwardingHeaders.test(name)) &&
    (site === "none" || site === "same-origin") &&
    ((headers.get("origin") ?? "") === "" || (access.page && isOwnPage(request)))
  );
}

/**
 * Returns whether the web page of this server sent the request. Only a browser can send these two values together, and
 * no page of another origin can make it send them.
 */
function isOwnPage(request: Request): boolean {
  const { headers } = request;
  const isSame = headers.get("origin") === ownOrigin(request);
  return isSame && headers.get("sec-fetch-site") === "same-origin";
}

/** Headers that proxies add. A request with one of them may come from another machine. */
const forwardingHeaders =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-original-(?:host|for|forwarded-.*)|(?:x-)?(?:real|client|cluster-client|true-client)-ip|true-client-ip|cf-(?:connecting-ip|ray)|fastly-client-ip|x-envoy-.*)$/;

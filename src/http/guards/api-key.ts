/** Authentication: accepts requests with one of the operator's API keys. Without keys, every request is accepted. */
import { createHash, timingSafeEqual } from "node:crypto";
import { bearer } from "@elysiajs/bearer";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";

/** Protects all routes added after it. It runs before the body is read. */
export function auth(apiKeys: readonly string[]) {
  const keys = new KeyRing(apiKeys);
  return new Elysia({ name: "auth" })
    .use(bearerToken())
    .onBeforeHandle({ as: "global" }, ({ request, bearer: token }) => {
      if (keys.isEmpty) return;
      keyHolders.set(request, keys.require(keysOf(request, token), "an API key"));
    });
}

/** Adds `bearer` to the context. Only the header counts: a key in the URL would appear in the logs of proxies. */
export function bearerToken() {
  return bearer({ extract: { header: "Bearer", query: "", body: "" } });
}

/** The keys that a request presents; `token` is the `bearer` of its context. */
export function keysOf({ headers }: Request, token: string | undefined): string[] {
  const authorization = headers.get("authorization") ?? "";
  // The name of a scheme is case-insensitive (RFC 9110), but the plugin knows only the usual spelling. Without the header
  // it reads the key from the URL.
  const fromHeader = authorization.startsWith("Bearer ")
    ? token
    : /^bearer +(.+)$/iu.exec(authorization)?.[1];
  return [fromHeader, headers.get("x-api-key")].filter(
    (key): key is string => typeof key === "string" && key !== "",
  );
}

/** A set of keys. It holds their digests, not the keys. */
export class KeyRing {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  get isEmpty(): boolean {
    return this.#digests.length === 0;
  }

  has(keys: readonly string[]): boolean {
    return this.#find(keys) !== undefined;
  }

  /** Returns an id of the accepted key that does not reveal the key. Throws AsrError `invalid_api_key`. */
  require(keys: readonly string[], kind: string): string {
    if (keys.length === 0) {
      throw new AsrError(
        "invalid_api_key",
        `This request requires ${kind}: send the header \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\``,
      );
    }
    const found = this.#find(keys);
    if (found === undefined) {
      throw new AsrError("invalid_api_key", `The key of this request is not ${kind}`);
    }
    return found.toString("base64");
  }

  #find(keys: readonly string[]): Buffer | undefined {
    return keys.map(digest).find((candidate) => isOneOf(candidate, this.#digests));
  }
}

/** An id of the request's API key that does not reveal the key; undefined when no key is required. */
export function keyHolder(request: Request): string | undefined {
  return keyHolders.get(request);
}

// --- internal ---

const keyHolders = new WeakMap<Request, string>();

/** Compare digests instead of keys: all digests have the same length, so the time does not reveal the length of a key. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Always compares with every key, so the time does not reveal which key matched. */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => timingSafeEqual(candidate, one)).length > 0;
}

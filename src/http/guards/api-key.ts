/**
 * Authenticates clients: accepts only requests with one of the operator's API keys. When the operator has set no keys,
 * accepts every request.
 */
import { bearer } from "@elysiajs/bearer";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import type { CompatibleApis } from "../compatible/index.ts";

/** Creates a plugin that protects all routes added after it. The check runs before the body is read. */
export function auth(apiKeys: readonly string[], apis: CompatibleApis) {
  const keys = new KeyRing(apiKeys);
  return (
    new Elysia({ name: "auth" })
      // Reads the key only from the header, because a key in the URL would appear in the logs of proxies.
      .use(bearer({ extract: { header: "Bearer", query: "", body: "" } }))
      .onBeforeHandle({ as: "global" }, ({ request, bearer: token }) => {
        if (keys.isEmpty) return;
        const rule = apis.of(request)?.key;
        const sent = [...keysOf(request, token), ...(rule?.read?.(request.headers) ?? [])];
        keyHolders.set(request, keys.require(sent, "an API key", rule?.advice));
      })
  );
}

/**
 * Returns the keys that a request contains. `token` is the value of `bearer` in the context of the request, if the plugin
 * has read it.
 */
export function keysOf({ headers }: Request, token?: string): string[] {
  const authorization = headers.get("authorization") ?? "";
  // A client may write the scheme name in upper or lower case (RFC 9110), but the plugin accepts only "Bearer". If the
  // header is missing, the plugin may have read `token` from the URL. In this case, `token` is ignored.
  const fromHeader = authorization.startsWith("Bearer ")
    ? (token ?? authorization.slice("Bearer ".length))
    : /^bearer +(.+)$/iu.exec(authorization)?.[1];
  return [fromHeader, headers.get("x-api-key"), headers.get("api-key")].filter(
    (key): key is string => typeof key === "string" && key !== "",
  );
}

/** A set of keys. It stores only the digests of the keys. */
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

  /**
   * Returns an id of the accepted key. The id does not reveal the key. Throws AsrError `invalid_api_key` when no key is
   * accepted. `advice` is the header to send.
   */
  require(keys: readonly string[], kind: string, advice = bearerAdvice): string {
    if (keys.length === 0) {
      const message = `This request requires ${kind}: send the header ${advice}`;
      throw new AsrError("invalid_api_key", message);
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

/** Returns an id of the request's API key that does not reveal the key. Undefined when no key is required. */
export function keyHolder(request: Request): string | undefined {
  return keyHolders.get(request);
}

// --- internal ---

const bearerAdvice = "`Authorization: Bearer KEY` or `X-API-Key: KEY`";

const keyHolders = new WeakMap<Request, string>();

/**
 * Returns the digest of a key. The server compares digests and not keys, because all digests have the same length.
 * Therefore the time of the comparison does not reveal the length of a key.
 */
function digest(key: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(key).digest();
}

/**
 * Returns whether a digest is known. Compares it with every known digest, also after a match, so that the time does not
 * reveal which one is equal.
 */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => crypto.timingSafeEqual(candidate, one)).length > 0;
}

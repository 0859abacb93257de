/** Authentication: accepts requests with one of the operator's API keys. Without keys, every request is accepted. */
import { createHash, timingSafeEqual } from "node:crypto";
import { bearer } from "@elysiajs/bearer";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";

/** Protects all routes added after it. It runs before the body is read. */
export function auth(apiKeys: readonly string[]) {
  const keys = new KeyRing(apiKeys);
  return new Elysia({ name: "auth" }).onBeforeHandle({ as: "global" }, ({ request }) => {
    if (!keys.isEmpty) keyHolders.set(request, keys.require(request, "an API key"));
  });
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

  /** Returns an id of the request's key that does not reveal the key. Throws AsrError `invalid_api_key`. */
  require(request: Request, kind: string): string {
    const keys = keysOf(request);
    if (keys.length === 0) {
      throw new AsrError(
        "invalid_api_key",
        `This request requires ${kind}: send the header \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\``,
      );
    }
    const found = keys.map(digest).find((candidate) => isOneOf(candidate, this.#digests));
    if (found === undefined) {
      throw new AsrError("invalid_api_key", `The key of this request is not ${kind}`);
    }
    return found.toString("base64");
  }
}

/** An id of the request's API key that does not reveal the key; undefined when no key is required. */
export function keyHolder(request: Request): string | undefined {
  return keyHolders.get(request);
}

// --- internal ---

const keyHolders = new WeakMap<Request, string>();

/** All digests have the same length, so comparing them does not reveal the length of a key. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Compares with every key, so the time does not reveal which key was similar. */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => timingSafeEqual(candidate, one)).length > 0;
}

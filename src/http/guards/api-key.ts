/** Authentication: accepts requests with one of the operator's API keys. Without keys, every request is accepted. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";

/** Protects all routes added after it. It runs before the body is read. */
export function auth(apiKeys: readonly string[]) {
  const digests = apiKeys.map(digest);
  return new Elysia({ name: "auth" }).onBeforeHandle({ as: "global" }, ({ request }) => {
    if (digests.length === 0) return;
    const keys = keysIn(request.headers);
    if (keys.length === 0) {
      throw new AsrError(
        "invalid_api_key",
        "This server requires an API key: send the header `Authorization: Bearer KEY` or `X-API-Key: KEY`",
      );
    }
    const found = keys.map(digest).find((candidate) => isOneOf(candidate, digests));
    if (found === undefined) {
      throw new AsrError("invalid_api_key", "The API key is not one of this server's keys");
    }
    keyHolders.set(request, found.toString("base64"));
  });
}

/** An id of the request's API key that does not reveal the key; undefined when no key is required. */
export function keyHolder(request: Request): string | undefined {
  return keyHolders.get(request);
}

// --- internal ---

const keyHolders = new WeakMap<Request, string>();

/** Accepts a key only in a header: a key in the URL would appear in the logs of proxies. */
function keysIn(headers: Headers): string[] {
  // The name of a scheme is case-insensitive (RFC 9110).
  const bearer = /^bearer +(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return [bearer, headers.get("x-api-key")].filter(
    (key): key is string => typeof key === "string" && key !== "",
  );
}

/** Compare digests instead of keys: all digests have the same length, so the time does not reveal the length of a key. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Always compares with every key, so the time does not reveal which key matched. */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => timingSafeEqual(candidate, one)).length > 0;
}

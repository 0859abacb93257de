/** Lets in requests that carry one of the operator's keys; everybody when there is none. */
import { createHash, timingSafeEqual } from "node:crypto";
import { bearer } from "@elysiajs/bearer";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";

/** Guards every route that is added after it, before a byte of its body is read. */
export function auth(apiKeys: readonly string[]) {
  const digests = apiKeys.map(digest);
  return (
    new Elysia({ name: "auth" })
      // The header only: a key in a URL ends up in the logs of every proxy on its way.
      .use(bearer({ extract: { header: "Bearer", query: "", body: "" } }))
      .onBeforeHandle({ as: "global" }, ({ bearer: fromBearer, request }) => {
        if (digests.length === 0) return;
        const keys = [
          // Without such a header the plugin would look into the URL after all.
          request.headers.get("authorization")?.startsWith("Bearer ") ? fromBearer : undefined,
          request.headers.get("x-api-key"),
        ].filter((key): key is string => typeof key === "string" && key !== "");
        if (keys.length === 0) {
          throw new AsrError(
            "invalid_api_key",
            "This server wants an API key: send the header `Authorization: Bearer KEY` or `X-API-Key: KEY`",
          );
        }
        const found = keys.map(digest).find((candidate) => isOneOf(candidate, digests));
        if (found === undefined) {
          throw new AsrError("invalid_api_key", "The API key is not one of this server's keys");
        }
        keyHolders.set(request, found.toString("base64"));
      })
  );
}

/** Tells the holders of keys apart without telling the keys; undefined where none was asked for. */
export function keyHolder(request: Request): string | undefined {
  return keyHolders.get(request);
}

// --- internal ---

const keyHolders = new WeakMap<Request, string>();

/** Digests are of one length, so that comparing them tells nothing about a key's. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Looks at every key, so that the time tells nothing about which one was close. */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => timingSafeEqual(candidate, one)).length > 0;
}

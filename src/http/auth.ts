/** Lets in requests that carry one of the operator's keys; everybody when there is none. */
import { createHash, timingSafeEqual } from "node:crypto";
import { bearer } from "@elysiajs/bearer";
import { Elysia } from "elysia";
import { AsrError } from "../errors.ts";

/** Guards every route that is added after it. */
export function auth(apiKeys: readonly string[]) {
  const digests = apiKeys.map(digest);
  return (
    new Elysia({ name: "auth" })
      // The header only: a key in a URL ends up in the logs of every proxy on its way.
      .use(bearer({ extract: { header: "Bearer", query: "", body: "" } }))
      .onBeforeHandle({ as: "global" }, ({ bearer: key, request }) => {
        if (digests.length === 0) return;
        if (request.headers.get("authorization") === null || key === undefined) {
          throw new AsrError(
            "invalid_api_key",
            "This server wants an API key: send the header `Authorization: Bearer KEY`",
          );
        }
        if (!isOneOf(digest(key), digests)) {
          throw new AsrError("invalid_api_key", "The API key is not one of this server's keys");
        }
      })
  );
}

// --- internal ---

/** Digests are of one length, so that comparing them tells nothing about a key's. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Looks at every key, so that the time tells nothing about which one was close. */
function isOneOf(candidate: Buffer, known: readonly Buffer[]): boolean {
  return known.filter((one) => timingSafeEqual(candidate, one)).length > 0;
}

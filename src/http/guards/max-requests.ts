/** Limits the number of requests in progress on all routes together. */
import { retryLater } from "../../errors.ts";
import type { Plugin } from "../plugin.ts";

/** Creates a plugin that applies the limit to all paths except those in `exempt`. */
export function maxRequests(requestsMax: number, exempt: ReadonlySet<string>): Plugin {
  const counted = new WeakSet<Request>();
  let count = 0;
  return (app) =>
    app
      .onRequest(({ request }) => {
        if (exempt.has(new URL(request.url).pathname)) return;
        if (count >= requestsMax) {
          const message = `Server busy: ${count} requests in progress (limit: OPEN_ASR_SERVER_MAX_REQUESTS)`;
          throw retryLater("server_busy", message, retryAfterS);
        }
        count++;
        counted.add(request);
      })
      .onAfterResponse(({ request }) => {
        if (counted.delete(request)) count--;
      });
}

// --- internal ---

/**
 * Retry-After time in seconds. It is constant, because the server cannot predict when a running request ends. It is
 * short, because most requests are short.
 */
const retryAfterS = 1;

/** Limits the number of requests in progress, over all routes. */
import { Elysia } from "elysia";
import { retryLater } from "../../errors.ts";

/** Applies to all routes except `open`. */
export function requestsAtOnce(requestsMax: number, open: ReadonlySet<string>) {
  const inside = new WeakSet<Request>();
  let count = 0;
  return new Elysia({ name: "requests-at-once" })
    .onRequest(({ request }) => {
      if (open.has(new URL(request.url).pathname)) return;
      if (count >= requestsMax) {
        const words = `Server busy: ${count} requests in progress (limit: OPEN_ASR_SERVER_MAX_REQUESTS)`;
        throw retryLater("server_busy", words, waitS);
      }
      count++;
      inside.add(request);
    })
    .onAfterResponse({ as: "global" }, ({ request }) => {
      if (inside.delete(request)) count--;
    });
}

// --- internal ---

/** Fixed, because the server cannot know how long the running requests take. Most are short. */
const waitS = 1;

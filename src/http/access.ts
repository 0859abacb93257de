/** What is known of each request: its id, sent back as `x-request-id`, and the line it leaves in the log. */
import { Elysia } from "elysia";
import type { Log } from "../log.ts";

export function access(log: Log) {
  return new Elysia({ name: "access" })
    .onRequest(({ request, set }) => {
      const record = {
        id: `req_${crypto.randomUUID().replaceAll("-", "")}`,
        startMs: performance.now(),
      };
      records.set(request, record);
      set.headers["x-request-id"] = record.id;
    })
    .onAfterResponse({ as: "global" }, ({ request, route, set }) => {
      const record = records.get(request);
      if (record === undefined) return;
      log.info("request", {
        id: record.id,
        // The pattern, not the path: what clients put into paths is theirs.
        route: `${request.method} ${route || "?"}`,
        status: set.status ?? 200,
        ms: Math.round(performance.now() - record.startMs),
        audio: record.audioS === undefined ? null : `${record.audioS.toFixed(1)}s`,
      });
    });
}

export function requestId(request: Request): string | undefined {
  return records.get(request)?.id;
}

/** Notes how much audio a request brought. */
export function noteAudio(request: Request, audioS: number): void {
  const record = records.get(request);
  if (record !== undefined) record.audioS = audioS;
}

// --- internal ---

interface AccessRecord {
  readonly id: string;
  readonly startMs: number;
  audioS?: number;
}

const records = new WeakMap<Request, AccessRecord>();

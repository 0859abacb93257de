/** What is known of each request: its id, sent back as `x-request-id`, its line in the log, its part of the metrics. */
import { Elysia } from "elysia";
import { type ErrorCode, errorKinds } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { traceIdOf } from "./trace-context.ts";

/** Filled in by whoever learns it. Nothing in it is a client's word. */
export interface RequestRecord {
  readonly id: string;
  /** Of the trace that the client is part of. */
  readonly traceId: string | null;
  readonly startMs: number;
  error?: ErrorCode;
  model?: string;
  backend?: string;
  audioS?: number;
  uploadS?: number;
  queueS?: number;
  decodeS?: number;
  engineS?: number;
}

export function access(log: Log, metrics: Metrics) {
  return new Elysia({ name: "access" })
    .onRequest(({ request, set }) => {
      const record: RequestRecord = {
        id: `req_${crypto.randomUUID().replaceAll("-", "")}`,
        traceId: traceIdOf(request),
        startMs: performance.now(),
      };
      records.set(request, record);
      set.headers["x-request-id"] = record.id;
    })
    .onAfterResponse({ as: "global" }, ({ request, route, set, response }) => {
      const record = recordOf(request);
      const totalS = (performance.now() - record.startMs) / 1000;
      // The pattern, not the path: what clients put into paths is theirs.
      const name = `${request.method} ${route || "?"}`;
      const status = sentStatus(request, response, set);
      if (status === abandoned) record.error ??= "client_closed_request";
      metrics.count({ ...record, route: name, status, totalS });
      log.info("request", { route: name, status, ...lineOf(record, totalS) });
    });
}

export function recordOf(request: Request): RequestRecord {
  const record = records.get(request);
  if (record === undefined) throw new Error("expected a request that the access log knows");
  return record;
}

// --- internal ---

/** The status of a request whose client left before its answer. */
const abandoned = errorKinds.client_closed_request.status;

/** Of what a plugin answers as a Response of its own, `set` knows nothing. */
function sentStatus(request: Request, response: unknown, set: { status?: unknown }): number {
  if (request.signal.aborted) return abandoned;
  return response instanceof Response ? response.status : Number(set.status ?? 200);
}

const records = new WeakMap<Request, RequestRecord>();

function lineOf(record: RequestRecord, totalS: number) {
  return {
    id: record.id,
    trace: record.traceId,
    error: record.error,
    model: record.model,
    backend: record.backend,
    audio_s: rounded(record.audioS),
    upload_s: rounded(record.uploadS),
    queue_s: rounded(record.queueS),
    decode_s: rounded(record.decodeS),
    engine_s: rounded(record.engineS),
    total_s: rounded(totalS),
  };
}

function rounded(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000) / 1000;
}

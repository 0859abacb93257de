/** What is known of each request: its id, sent back as `x-request-id`, its line in the log, its part of the metrics. */
import { Elysia } from "elysia";
import { type ErrorCode, errorKinds } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import type { Metrics } from "../../metrics.ts";
import { onResponseEnd } from "../response-end.ts";
import { traceIdOf } from "./trace-context.ts";

/** Filled in by whoever learns it. Nothing in it is a client's word. */
export interface RequestRecord {
  readonly id: string;
  /** Of the trace that the client is part of. */
  readonly traceId: string | null;
  readonly startMs: number;
  error?: ErrorCode;
  /** Of a request that may transcribe. */
  ticket?: Ticket;
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
    .onAfterResponse({ as: "global" }, async ({ request, route, set, response }) => {
      await new Promise<void>((resolve) => onResponseEnd(request, resolve));
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

function lineOf({ id, traceId, error, ticket }: RequestRecord, totalS: number) {
  return {
    id,
    trace: traceId,
    error,
    model: ticket?.model?.id,
    backend: ticket?.model?.backend,
    audio_s: rounded(ticket?.audioS),
    upload_s: rounded(ticket?.secondsIn("uploading")),
    queue_s: rounded(ticket?.secondsIn("waiting")),
    decode_s: rounded(ticket?.workDone?.decodeS),
    engine_s: rounded(ticket?.workDone?.engineS),
    total_s: rounded(totalS),
  };
}

function rounded(seconds: number | null = null): number | undefined {
  return seconds === null ? undefined : Math.round(seconds * 1000) / 1000;
}

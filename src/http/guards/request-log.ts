/**
 * Assigns an id to each request (`x-request-id`), sends its processing time (`openai-processing-ms`), writes the log
 * line of the request, and counts the request in the metrics.
 */
import { type ErrorCode, errorKinds } from "../../errors.ts";
import type { Answer } from "../../jobs/answer.ts";
import type { Log } from "../../log.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import type { Metrics } from "../../metrics.ts";
import { modelSeconds, type Work } from "../../ipc/work.ts";
import type { Plugin } from "../plugin.ts";
import { onResponseEnd } from "../response-end.ts";
import { traceIdOf } from "./trace-context.ts";

/**
 * Facts about a request for its log line. Each part of the server adds the facts that it knows. Never store text from
 * the client here.
 */
export interface RequestRecord {
  readonly id: string;
  /** Trace id from the `traceparent` header of the request. Null without a valid header. */
  readonly traceId: string | null;
  readonly startMs: number;
  error?: ErrorCode;
  /** Ticket of the transcription. Undefined unless the request is a transcription that was admitted. */
  ticket?: Ticket;
  /**
   * Transcription of an earlier request, if this request receives the result of that transcription. Otherwise
   * undefined.
   */
  joined?: Pick<Answer, "requestId" | "ticket">;
}

/** Creates the plugin. `findRoute` returns the pattern of the route for a request, or undefined if there is none. */
export function access(
  log: Log,
  metrics: Metrics,
  findRoute: (request: Request) => string | undefined,
): Plugin {
  return (app) =>
    app
      .onRequest(({ request, set }) => {
        const record: RequestRecord = {
          id: `req_${crypto.randomUUID().replaceAll("-", "")}`,
          traceId: traceIdOf(request),
          startMs: performance.now(),
        };
        records.set(request, record);
        set.headers["x-request-id"] = record.id;
      })
      .onAfterHandle(({ request, set }) => {
        const { startMs } = recordOf(request);
        set.headers["openai-processing-ms"] = String(Math.round(performance.now() - startMs));
      })
      .onAfterResponse(async ({ request, route, set, response }) => {
        await new Promise<void>((resolve) => onResponseEnd(request, resolve));
        const record = recordOf(request);
        const totalS = (performance.now() - record.startMs) / 1000;
        // Logs the pattern of the route instead of the path, because a path may contain private text of the client.
        // `route` is empty when a guard has rejected the request before Elysia searched its route.
        const name = `${request.method} ${route || (findRoute(request) ?? "?")}`;
        const status = sentStatus(request, response, set);
        if (status === clientClosedStatus) record.error ??= "client_closed_request";
        metrics.countRequest({ ...record, route: name, status });
        log.info("request", { route: name, status, ...lineOf(record, totalS) });
      });
}

export function recordOf(request: Request): RequestRecord {
  const record = records.get(request);
  if (record === undefined) throw new Error("expected a request that passed the request log");
  return record;
}

// --- internal ---

/** HTTP status that is recorded when the client disconnects before the response ends. */
const clientClosedStatus = errorKinds.client_closed_request.status;

/**
 * Returns the status of the response. If the response is a Response object, the status is in this object and not in
 * `set`.
 */
function sentStatus(request: Request, response: unknown, set: { status?: unknown }): number {
  if (request.signal.aborted) return clientClosedStatus;
  return response instanceof Response ? response.status : Number(set.status ?? 200);
}

const records = new WeakMap<Request, RequestRecord>();

function lineOf({ id, traceId, error, ticket, joined }: RequestRecord, totalS: number) {
  const transcription = joined?.ticket ?? ticket;
  return {
    id,
    trace: traceId,
    error,
    joined: joined?.requestId,
    model: transcription?.model?.id,
    backend: transcription?.model?.backend,
    audio_s: rounded(transcription?.audioS),
    audio_track: transcription?.audioTrack ?? undefined,
    upload_s: rounded(ticket?.secondsIn("uploading")),
    queue_s: rounded(transcription?.secondsIn("waiting")),
    decode_s: rounded(transcription?.workDone?.decode),
    engine_s: rounded(engineSeconds(transcription?.workDone)),
    total_s: rounded(totalS),
  };
}

function engineSeconds(work: Work | null = null): number | null {
  return work === null ? null : modelSeconds(work);
}

function rounded(seconds: number | null = null): number | undefined {
  return seconds === null ? undefined : Math.round(seconds * 1000) / 1000;
}

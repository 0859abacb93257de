/** Sends the progress of a download as server-sent events. */
import { AsrError } from "../errors.ts";
import type { ModelDownload, ModelWait } from "../jobs/job.ts";
import type { PulledModel } from "../jobs/model-facts.ts";
import type { PullEvent, PullResult } from "./admin-schema.ts";
import { envelopeOf, unexpectedError } from "./guards/errors.ts";
import { openResources } from "./response-end.ts";
import { unlessLate } from "../platform/late.ts";
import { eventHeaders, eventText } from "./server-sent-events.ts";

/**
 * Returns the response with the events. The response begins after the download has started. If an error occurs before
 * the start, for example because the model is unknown, the response is an error response. If an error occurs later, it
 * becomes the last event. If the client disconnects, the download continues.
 */
export async function pullEvents(
  request: Request,
  pull: (wait: ModelWait) => Promise<PulledModel>,
): Promise<Response> {
  const begun = Promise.withResolvers<void>();
  let latest: ModelDownload | null = null;
  const onProgress = (progress: ModelDownload): void => {
    latest = progress;
    begun.resolve();
  };
  const result = pull({ signal: request.signal, onProgress });
  await Promise.race([result, begun.promise]);
  const events = eventsOf(result, () => latest);
  return new Response(streamOf(request, events), { headers: eventHeaders });
}

export function pullResult({ model, repository, bytes }: PulledModel): PullResult {
  if (repository === null) return { model, bytes };
  const { name, commit, license } = repository;
  return { model, bytes, repository: name, commit, ...(license === null ? {} : { license }) };
}

// --- internal ---

/**
 * Time between two events in milliseconds. Events are also sent while the download stalls, so that proxies do not close
 * the connection.
 */
const intervalMs = 1000;

/** Creates the stream of the response. When the stream ends, the request ends, and its log line is written. */
function streamOf(request: Request, events: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const resources = openResources(request);
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(stream) {
      const { done, value } = await events.next();
      if (done !== true) return stream.enqueue(encoder.encode(value));
      await resources.disposeAsync();
      stream.close();
    },
    cancel: () => resources.disposeAsync(),
  });
}

async function* eventsOf(
  result: Promise<PulledModel>,
  progress: () => ModelDownload | null,
): AsyncGenerator<string> {
  const last = result.then(
    (pulled): PullEvent => ({ type: "model.pull.done", ...pullResult(pulled) }),
    (error: unknown): PullEvent => ({ type: "error", ...errorOf(error) }),
  );
  for (;;) {
    const event = await unlessLate(last, intervalMs);
    if (event !== null) return yield textOf(event);
    const { state, bytes, totalBytes } = progress() ?? {
      state: "listing",
      bytes: 0,
      totalBytes: 0,
    };
    yield textOf({ type: "model.pull.progress", state, bytes, total_bytes: totalBytes });
  }
}

function errorOf(error: unknown) {
  return envelopeOf(error instanceof AsrError ? error : unexpectedError(error));
}

function textOf(event: PullEvent): string {
  return eventText(event);
}

/** Counts a transcription that has ended in the metrics, and writes its times to the log at the level debug. */
import { stageTimes } from "../../jobs/stage-times.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import type { Log } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";

export interface EndRecords {
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Call this when the ticket of a request is done. `id` is the id of the request. */
export function recordEnd(ticket: Ticket, id: string, { metrics, log }: EndRecords): void {
  metrics.countTranscription(ticket);
  const { model, audioS, totalS } = ticket;
  log.debug("transcription ended", {
    id,
    model: model?.id,
    backend: model?.backend,
    audio_s: audioS === null ? null : rounded(audioS),
    ...Object.fromEntries(
      stageTimes(ticket).map(([stage, seconds]) => [`${stage}_s`, rounded(seconds)]),
    ),
    total_s: rounded(totalS),
  });
}

// --- internal ---

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

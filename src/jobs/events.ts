/** The events of a job: segments and progress while the job runs, and the transcript at its end. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

export type JobEvent =
  /** A lane has started to transcribe the audio, or the audio contains no speech. Sent once. */
  | { readonly type: "started" }
  /** A final segment. Segments are sent in the order of their times. */
  | { readonly type: "segment"; readonly segment: Segment }
  /** `doneS` never decreases. A slow reader gets only the latest progress. */
  | JobProgress
  /** The time that runners spent on the job so far, including failed attempts. */
  | ({ readonly type: "work" } & Work)
  /** The last event of a successful job. For a failed job, the stream throws its error instead. */
  | { readonly type: "done"; readonly transcript: Transcript };

export interface JobProgress extends Progress {
  readonly type: "progress";
  /** Seconds of audio that the model has processed. Skipped silence does not count. */
  readonly processedS: number;
}

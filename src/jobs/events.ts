/** Defines the events of a job: segments and progress while the job runs, and the transcript at its end. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

export type JobEvent =
  /** Sent once, when a lane starts to transcribe the audio, or when the audio turns out to contain no speech. */
  | { readonly type: "started" }
  /** A final segment. Segments are sent in the order of their times. */
  | { readonly type: "segment"; readonly segment: Segment }
  /**
   * Progress of the job. `doneS` never decreases. A slow reader misses older progress events and gets only the latest
   * one.
   */
  | JobProgress
  /** Time in seconds that runners have spent on the job so far, including failed attempts. */
  | ({ readonly type: "work" } & Work)
  /** Last event of a successful job. When a job fails, the stream throws the error of the job instead. */
  | { readonly type: "done"; readonly transcript: Transcript };

export interface JobProgress extends Progress {
  readonly type: "progress";
  /** Seconds of audio that the model has processed. Silence that was skipped is not included. */
  readonly processedS: number;
}

/** Defines the events of a job: segments and progress while the job runs, and the transcript at its end. */
import type { Progress } from "../ipc/options.ts";
import type { Work } from "../ipc/work.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

export type JobEvent =
  /** Sent once: when a lane starts to transcribe the audio, or when it is known that the audio contains no speech. */
  | { readonly type: "started" }
  /** A segment that no longer changes. Segments are sent in the order of their times. */
  | { readonly type: "segment"; readonly segment: Segment }
  /**
   * Progress of the job. `doneS` never decreases. A slow reader gets only the latest progress event and misses older
   * ones.
   */
  | JobProgress
  /** Time in seconds that each stage of the job has taken so far, including failed attempts. */
  | { readonly type: "work"; readonly work: Work }
  /** Last event of a successful job. When a job fails, the stream throws the error of the job instead. */
  | { readonly type: "done"; readonly transcript: Transcript };

export interface JobProgress extends Progress {
  readonly type: "progress";
  /** Number of times that the audio is transcribed: once for each channel. If it is absent, once. */
  readonly passes?: number;
  /** Seconds of audio that the model has processed, without skipped silence. */
  readonly processedS: number;
}

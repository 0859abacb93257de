/** What happens to a job, as a stream: segments and progress while it runs, the transcript at its end. */
import type { Progress, Work } from "../ipc/options.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

export type JobEvent =
  /** A lane has begun with the audio, or there is no speech for a lane. Sent once. */
  | { readonly type: "started" }
  /** The segment is final. Segments come in order of time. */
  | { readonly type: "segment"; readonly segment: Segment }
  /** Never goes backwards. A slow reader gets the latest one only. */
  | JobProgress
  /** Time that runners spent on the job so far, failed attempts included. */
  | ({ readonly type: "work" } & Work)
  /** The last event of a job that did not fail. A failed job throws instead. */
  | { readonly type: "done"; readonly transcript: Transcript };

export interface JobProgress extends Progress {
  readonly type: "progress";
  /** Seconds of audio that the model has heard: silence that was skipped does not count. */
  readonly heardS: number;
}

/**
 * Converts the events of a job to the events of a streamed response. As in OpenAI's API, these are
 * `transcript.text.delta` for each segment, then `transcript.text.done`. As an extension, the format verbose_json adds
 * times and the progress of the job.
 */
import type { JobEvent, JobProgress } from "../jobs/events.ts";
import {
  type Granularity,
  type JsonExtras,
  type ResponseFormat,
  seconds,
  verboseJson,
  wireLanguages,
  type WireLogprob,
  wireLogprobs,
  wireSegment,
} from "../transcript/format.ts";
import { TextDeltas } from "../transcript/text-deltas.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";
import { usageOf } from "../transcript/usage.ts";
import type { TranscriptDelta, TranscriptDone, TranscriptProgress } from "./stream-schema.ts";

export interface TranscriptEventOptions {
  readonly format: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  readonly extras: JsonExtras;
  /** Returns the estimated time in seconds until the transcript is complete. Null while it is unknown. */
  readonly timeLeftS?: () => number | null;
}

type TranscriptEvent = TranscriptDelta | TranscriptDone | TranscriptProgress;

/** Converts the events of one job. */
export class TranscriptEvents {
  readonly #options: TranscriptEventOptions;
  readonly #deltas = new TextDeltas();
  readonly #isVerbose: boolean;

  constructor(options: TranscriptEventOptions) {
    this.#options = options;
    this.#isVerbose = options.format === "verbose_json";
  }

  /** Returns the event to send for an event of the job. Null if the client does not receive this event. */
  next(event: JobEvent): TranscriptEvent | null {
    switch (event.type) {
      case "segment":
        return this.#delta(event.segment);
      case "progress":
        return this.#isVerbose ? this.#progress(event) : null;
      case "done":
        return this.#done(event.transcript);
      default:
        return null;
    }
  }

  #progress({ doneS, totalS }: JobProgress): TranscriptProgress {
    const timeLeftS = this.#options.timeLeftS?.() ?? null;
    return {
      type: "transcript.progress",
      done: seconds(doneS),
      ...(totalS === null ? {} : { duration: seconds(totalS) }),
      ...(timeLeftS === null ? {} : { time_left: seconds(timeLeftS) }),
    };
  }

  #delta(segment: Segment): TranscriptDelta | null {
    const delta = this.#deltas.add(segment);
    if (delta === "") return null;
    return {
      type: "transcript.text.delta",
      delta,
      ...(segment.channel === undefined ? {} : { channel: segment.channel }),
      ...(this.#isVerbose ? { segment: wireSegment(segment) } : {}),
      ...given(wireLogprobs([segment])),
    };
  }

  #done(transcript: Transcript): TranscriptDone {
    const { extras, granularities } = this.#options;
    if (this.#isVerbose) {
      return { type: "transcript.text.done", ...verboseJson(transcript, granularities) };
    }
    return {
      type: "transcript.text.done",
      text: transcript.text,
      ...(transcript.audioTrack === undefined ? {} : { audio_track: transcript.audioTrack }),
      ...(extras.languages ? { languages: wireLanguages(transcript) } : {}),
      ...given(wireLogprobs(transcript.segments)),
      ...usageOf("event", transcript, extras.usageInTokens),
    };
  }
}

// --- internal ---

/**
 * Returns an object with the field `logprobs`. Returns an empty object if `logprobs` is undefined, because the client
 * did not request log-probabilities.
 */
function given(logprobs: WireLogprob[] | undefined): Pick<TranscriptDelta, "logprobs"> {
  return logprobs === undefined ? {} : { logprobs };
}

/** Defines what a job asks of the audio thread. */
import type { VadOptions } from "../../ipc/vad.ts";
import type { AudioOptions } from "./audio-library.ts";

/** The audio file of a job, and the rules for cutting it. */
export interface AudioRequest {
  readonly job: number;
  readonly path: string;
  readonly options: AudioOptions;
  /**
   * Number of the audio track, from 1. If it is null, the best track is decoded. If `vad` finds no speech in it, the
   * next track is decoded. But if the request selects a channel, no other track is tried, because one speaker of a
   * call may be silent.
   */
  readonly track: number | null;
  /**
   * Maximum length of a chunk in seconds. If it is null, the chunks are short feeds for a streaming model
   * (feed-cutter.ts).
   */
  readonly chunkMaxS: number | null;
  /**
   * Voice activity options. If they are null, the chunks contain all audio. Otherwise, the chunks contain only speech
   * and short silence.
   */
  readonly vad: VadOptions | null;
  /** Whether each chunk contains the spans of its speech. Has no effect if `vad` is null. */
  readonly speechSpans: boolean;
  /** Whether each chunk contains the probabilities of speech of its windows. Has no effect if `vad` is null. */
  readonly speechProbs: boolean;
  /** A flag in shared memory. A non-zero value stops the decoder. */
  readonly cancel: Int32Array;
}

/**
 * Returns whether the next track is decoded if a track contains no speech. This is not the case if the request selects
 * a track or a channel, or if voice activity is off.
 */
export function triesOtherTracks({ track, vad, options }: AudioRequest): boolean {
  return track === null && vad !== null && (options.channel ?? null) === null;
}

/** The options of a job, and the progress and cost that a runner reports. */
import type { VadOptions } from "./vad.ts";

export interface TranscribeOptions {
  /** ISO 639-1 code of the spoken language; null: detect it. */
  readonly language: string | null;
  /** Text that precedes the audio: style, spelling, names. */
  readonly prompt: string | null;
  /** Words and names to listen for. */
  readonly keywords: readonly string[];
  /** Detect the language of each chunk separately. */
  readonly multilingual: boolean;
  /** 0: beam search with OpenAI's fallback; above: sampling at this temperature. */
  readonly temperature: number;
  /** Retry low-confidence results at higher temperatures; null: as the operator set it. */
  readonly temperatureFallback: boolean | null;
  /** Return word times. They need an additional alignment pass. */
  readonly words: boolean;
  /** Voice activity options; null: the model transcribes all of the audio. */
  readonly vad: VadOptions | null;
}

/** The time that a job used in its runner. */
export interface Work {
  /** Seconds in the audio thread. */
  readonly decodeS: number;
  /** Seconds in all lanes, added up. */
  readonly engineS: number;
}

export interface Progress {
  /** Seconds of audio transcribed so far. */
  readonly doneS: number;
  /** Length of the audio; null: not known yet. */
  readonly totalS: number | null;
}

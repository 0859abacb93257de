/** What a job asks of a runner, and what a runner reports of it. */
import type { VadOptions } from "./vad.ts";

export interface TranscribeOptions {
  /** ISO 639-1 code of the spoken language; null: detect it. */
  readonly language: string | null;
  /** Text that precedes the audio: style, spelling, names. */
  readonly prompt: string | null;
  /** Words and names to listen for. */
  readonly keywords: readonly string[];
  /** The language is detected for each chunk anew. */
  readonly multilingual: boolean;
  /** 0: beam search with OpenAI's fallback; above: sampling at this temperature. */
  readonly temperature: number;
  /** Whether word times are wanted; they cost an alignment pass. */
  readonly words: boolean;
  /** How speech is found; null: all of the audio goes to the model. */
  readonly vad: VadOptions | null;
}

/** What a job took of its runner. */
export interface Work {
  /** In the thread that decodes audio. */
  readonly decodeS: number;
  /** In the lanes, added up. */
  readonly engineS: number;
}

export interface Progress {
  /** Seconds of audio transcribed so far. */
  readonly doneS: number;
  /** Length of the audio; null while it is not known. */
  readonly totalS: number | null;
}

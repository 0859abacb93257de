/** What a transcription yields: the type every backend gives and every format takes. Times are seconds of the file. */

export interface Transcript {
  /** The whole text, trimmed. */
  readonly text: string;
  /** ISO 639-1 code of the spoken language; null when the model did not say (silence). */
  readonly language: string | null;
  /** The audio's real length. */
  readonly durationS: number;
  readonly segments: readonly Segment[];
  /** Present when words were asked for. */
  readonly words: readonly Word[] | null;
}

/** A timed stretch of text, as the model cut it. */
export interface Segment {
  /** From 0, in order of time. */
  readonly id: number;
  readonly startS: number;
  readonly endS: number;
  /** As decoded, leading blank included. */
  readonly text: string;
  /** Of the decoding that produced it; absent where the model has no such fact. */
  readonly tokens?: readonly number[];
  readonly temperature?: number;
  readonly avgLogprob?: number;
  readonly compressionRatio?: number;
  readonly noSpeechProb?: number;
  /** Start of the chunk it was decoded from: OpenAI's `seek`, here in seconds. */
  readonly seekS?: number;
}

export interface Word {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
}

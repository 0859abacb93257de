/** The result of a transcription, from every backend to every format. Times are seconds from the start of the file. */

export interface Transcript {
  /** The whole text, trimmed. */
  readonly text: string;
  /** ISO 639-1 code of the spoken language; null when there was no speech. */
  readonly language: string | null;
  /** Length of the audio. */
  readonly durationS: number;
  readonly segments: readonly Segment[];
  /** Null unless word times were requested. */
  readonly words: readonly Word[] | null;
}

/** Text with its start and end, as the model segmented it. */
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

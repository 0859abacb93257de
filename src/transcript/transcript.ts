/** The result of a transcription. Times are seconds from the start of the file. */

export interface Transcript {
  /** Whole text of the transcript, without spaces at its start and end. */
  readonly text: string;
  /** ISO 639-1 code of the spoken language; null if there was no speech. */
  readonly language: string | null;
  /** Length of the audio in seconds. */
  readonly durationS: number;
  readonly segments: readonly Segment[];
  /** Timed words; null if the request did not ask for word times. */
  readonly words: readonly Word[] | null;
}

/** A part of the text with its start and end, as the model divided the text. */
export interface Segment {
  /** Number of the segment. Segments are numbered from 0, in order of time. */
  readonly id: number;
  readonly startS: number;
  readonly endS: number;
  /** The decoded text, including the leading space. */
  readonly text: string;
  /**
   * This field and the following fields are details of decoding. They are absent if the model does not provide them.
   */
  readonly tokens?: readonly number[];
  readonly temperature?: number;
  readonly avgLogprob?: number;
  readonly compressionRatio?: number;
  readonly noSpeechProb?: number;
  /** Start of the segment's chunk in seconds. OpenAI's `seek` is the same time in frames. */
  readonly seekS?: number;
}

export interface Word {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
}

/** A part of a stream of audio samples. Positions count samples from the start of the stream. */
export interface Span {
  readonly start: number;
  /** Position of the first sample after the span. */
  readonly end: number;
}

/** A span of speech in a chunk, in seconds from the start of the chunk. */
export interface SpeechSpan {
  readonly startS: number;
  readonly endS: number;
}

/** A stretch of a stream of samples; positions count samples from its first one. */
export interface Span {
  readonly start: number;
  /** The first sample behind it. */
  readonly end: number;
}

/** A stretch of speech inside a chunk, in seconds from the start of the chunk. */
export interface SpeechSpan {
  readonly startS: number;
  readonly endS: number;
}

/** A stretch of a stream of samples; positions count samples from its first one. */
export interface Span {
  readonly start: number;
  /** The first sample behind it. */
  readonly end: number;
}

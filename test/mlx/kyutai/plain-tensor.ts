/** A tensor before it is encoded. */
export interface PlainTensor {
  readonly name: string;
  /** Sizes of the dimensions, the outermost dimension first. */
  readonly shape: readonly number[];
  /** Computes the values when they are needed, so that only one tensor of a large model is in memory. */
  readonly values: () => Float32Array;
}

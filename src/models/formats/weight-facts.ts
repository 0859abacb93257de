/** What the file of a model's weights says about them. */
import type { Precision } from "../../jobs/model-facts.ts";

export interface WeightFacts {
  /** Number of weights. */
  readonly parameters: number;
  /** Number format of most weights in the file; null for a format without a name here. */
  readonly precision: Precision | null;
}

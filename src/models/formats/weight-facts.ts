/** Defines facts about the weights of a model, which are read from the file with the weights. */
import type { Precision } from "../../jobs/model-facts.ts";

export interface WeightFacts {
  /** Number of weights. */
  readonly parameters: number;
  /** Number format of most weights in the file. Null for a format that `Precision` does not contain. */
  readonly precision: Precision | null;
}

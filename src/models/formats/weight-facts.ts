/** Defines facts about the weights of a model, which are read from the file with the weights. */
import type { Precision } from "../../jobs/model-facts.ts";

export interface WeightFacts {
  /** Number of weights. */
  readonly parameters: number;
  /** Number format of most weights in the file. Null for a format that `Precision` does not contain. */
  readonly precision: Precision | null;
}

/** A tensor of a file with weights. */
interface Tensor {
  readonly elements: number;
  /** Number of the element type in the format of the file. */
  readonly type: number;
}

/** Returns facts about all weights of a file. `precisions` contains the number format of each element type. */
export function factsOfTensors(
  tensors: readonly Tensor[],
  precisions: ReadonlyMap<number, Precision>,
): WeightFacts {
  const counts = new Map<number, number>();
  for (const { type, elements } of tensors) counts.set(type, (counts.get(type) ?? 0) + elements);
  const parameters = [...counts.values()].reduce((sum, number) => sum + number, 0);
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one);
  return { parameters, precision: precisions.get(most?.[0] ?? -1) ?? null };
}

/** Counts the weights in a model.bin of CTranslate2, and determines their format. */
import type { Precision } from "../../jobs/model-facts.ts";
import { readVariableHeads } from "./ctranslate2-variables.ts";
import type { WeightFacts } from "./weight-facts.ts";

/** Returns facts about the weights. Null when the file does not have the format of CTranslate2. */
export async function ctranslate2Weights(path: string): Promise<WeightFacts | null> {
  const variables = await readVariableHeads(path);
  if (variables === null) return null;
  const items = new Map<number, number>();
  for (const { type, elements } of variables) items.set(type, (items.get(type) ?? 0) + elements);
  const parameters = [...items.values()].reduce((sum, number) => sum + number, 0);
  const [most] = [...items].toSorted(([, one], [, other]) => other - one);
  return { parameters, precision: precisions[most?.[0] ?? -1] ?? null };
}

// --- internal ---

/**
 * Number formats of weights. The index in the list is the number that CTranslate2 uses for the type. Null for a type
 * that is not used for weights.
 */
const precisions: readonly (Precision | null)[] = ["fp32", "int8", "int16", null, "fp16", "bf16"];

/** Counts the weights in a model.bin of CTranslate2, and determines their format. */
import type { Precision } from "../../jobs/model-facts.ts";
import { readVariableHeads } from "./ctranslate2-variables.ts";
import { factsOfTensors, type WeightFacts } from "./weight-facts.ts";

/** Returns facts about the weights. Null when the file does not have the format of CTranslate2. */
export async function ctranslate2Weights(path: string): Promise<WeightFacts | null> {
  const variables = await readVariableHeads(path);
  if (variables === null) return null;
  return factsOfTensors(variables, precisions);
}

// --- internal ---

/** Number formats of weights, by the number that CTranslate2 uses for the type. */
const precisions: ReadonlyMap<number, Precision> = new Map([
  [0, "fp32"],
  [1, "int8"],
  [2, "int16"],
  [4, "fp16"],
  [5, "bf16"],
]);

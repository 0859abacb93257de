/** A model as the pure modules see it: its numbers, and a vocabulary of one token for each piece of text. */
import type { Model } from "../../../src/runner/engine/asr-model.ts";
import { callGroup, type ModelInfo } from "../../../src/runner/engine/asr-structs.ts";

export const info: ModelInfo = {
  input: 0,
  capabilities: 0,
  groups: callGroup.prompted,
  nVocab: 3000,
  nPromptMax: 100,
  tokenTextEnd: 1000,
  tokenTimestampBegin: 1001,
  timestampStepS: 0.02,
  windowMaxS: 30,
  windowStepS: 1.28,
  frameS: 0,
  languages: ["en"],
};

/** The token that stands for a time of the chunk. */
export function at(seconds: number): number {
  return info.tokenTimestampBegin + Math.round(seconds / info.timestampStepS);
}

/** Token `n` is the n-th piece; a piece may be a part of a character. */
export function modelOf(pieces: readonly (string | Uint8Array)[]): Model {
  const tokenBytes = (id: number) => Buffer.from((pieces[id] ?? "") as string);
  return { info, tokenBytes } as unknown as Model;
}

/**
 * Creates a fake model for modules that do not call an engine. It has dimensions, and a vocabulary with one token for
 * each piece of text.
 */
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

/** Returns the token for a time in the chunk. */
export function at(seconds: number): number {
  return info.tokenTimestampBegin + Math.round(seconds / info.timestampStepS);
}

/** Returns a model in which token `n` has the bytes of piece `n`. A piece may be a part of a character. */
export function modelOf(pieces: readonly (string | Uint8Array)[]): Model {
  const tokenBytes = (id: number) => Buffer.from((pieces[id] ?? "") as string);
  return { info, tokenBytes } as unknown as Model;
}

/** Defines facts about Whisper models that do not depend on the backend. */
import type { Backend } from "./backend.ts";

/** Sizes in which OpenAI published Whisper. */
export const whisperSizes: readonly string[] = [
  "tiny",
  "tiny.en",
  "base",
  "base.en",
  "small",
  "small.en",
  "medium",
  "medium.en",
  "large-v1",
  "large-v2",
  "large-v3",
  "large-v3-turbo",
];

/**
 * Returns whether a published model can translate. Models that know only English, and models with a shortened decoder,
 * cannot translate. `model` is a name in `whisperSizes` or a name of Distil-Whisper. A quantization may follow the
 * name.
 */
export function canTranslate(model: string): boolean {
  return !/\.en(?:-|$)|^(?:distil-|(?:large-v3-)?turbo)/u.test(model);
}

export const whisperFacts: Pick<Backend, "chunkMaxS" | "memory"> = {
  chunkMaxS: 30,
  /**
   * Peak memory with 30 s of audio per lane, rounded up. Measured with one, two and four lanes, with the models base
   * and tiny.en, both engines, 8-bit and 16-bit weights, 5 beams, and word times.
   */
  memory: { processBytes: 200e6, laneBytes: 140e6, laneBytesPerFileByte: 1 },
};

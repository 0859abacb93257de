/** Facts about Whisper that its backends share. */
import type { Backend } from "./backend.ts";

/** The sizes in which OpenAI published Whisper. */
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

export const whisperFacts: Pick<Backend, "chunkMaxS" | "memory"> = {
  chunkMaxS: 30,
  /**
   * With 30 s of audio per lane. Measured at the peak and rounded up: one, two and four lanes of base and tiny.en, both
   * engines, 8 and 16 bits, 5 beams, word times.
   */
  memory: { processBytes: 200e6, laneBytes: 140e6, laneBytesPerFileByte: 1 },
};

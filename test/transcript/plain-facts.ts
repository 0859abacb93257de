/** Provides values for the fields of a segment that most tests do not check. */
import type { Segment } from "../../src/transcript/transcript.ts";

export const plainFacts: Omit<Segment, "id" | "startS" | "endS" | "text"> = {
  tokens: [],
  temperature: 0,
  avgLogprob: -0.5,
  compressionRatio: 1,
  seekS: 0,
};

/** The facts about a segment that no test of its text and times needs. */
import type { Segment } from "../../src/transcript/transcript.ts";

export const plainFacts: Omit<Segment, "id" | "startS" | "endS" | "text"> = {
  tokens: [],
  temperature: 0,
  avgLogprob: -0.5,
  compressionRatio: 1,
  seekS: 0,
};

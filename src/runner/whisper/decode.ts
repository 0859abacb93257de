/** Decodes a chunk, and decodes it again as long as the result is rejected and another attempt is left. */
import { type Attempt, type Evidence, isBetter, judge } from "./temperature-fallback.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import type { Model } from "../engine/asr-model.ts";
import type { Chunk, DecodeResult } from "../engine/asr-structs.ts";
import { isSpokenRepetition } from "./loops.ts";
import { cutSegments } from "./segments.ts";
import { tokensToText } from "./text.ts";

export interface Decoded extends Evidence {
  readonly attempt: Attempt;
  readonly result: DecodeResult;
}

/** Returns the accepted result, or the best result if none was accepted. */
export async function decodeUntilGood(
  lane: LaneClient,
  chunk: Chunk,
  model: Model,
  temperatureFallback: boolean,
): Promise<Decoded> {
  const rule = { windowMaxS: model.info.windowMaxS, temperatureFallback };
  let attempt: Attempt = { windowS: chunk.windowS, temperature: chunk.temperature };
  let best: Decoded | null = null;
  for (let seed = 0; ; seed++) {
    const decoded = await decodeOnce(lane, { ...chunk, ...attempt, seed }, model);
    const { accepted, next } = judge(attempt, decoded, chunk.temperature, rule);
    if (accepted) return decoded;
    // A result of the full window always replaces a result of a shortened window.
    const widened = best !== null && best.attempt.windowS < attempt.windowS;
    if (best === null || widened || isBetter(decoded, best)) best = decoded;
    if (next === null) return best;
    attempt = next;
  }
}

// --- internal ---

async function decodeOnce(lane: LaneClient, chunk: Chunk, model: Model): Promise<Decoded> {
  const result = await lane.decode(chunk);
  const { windowS, temperature } = chunk;
  const { avgLogprob, noSpeechProb, isComplete } = result;
  const { tokenTextEnd } = model.info;
  const tokens = [...result.tokens];
  const { segments } = cutSegments(tokens, windowS, model.info);
  return {
    attempt: { windowS, temperature },
    result,
    text: tokensToText(
      tokens.filter((id) => id < tokenTextEnd),
      model,
    ),
    avgLogprob,
    noSpeechProb,
    isComplete,
    isSpokenRepetition: isSpokenRepetition(segments, { tokenTextEnd, isComplete }),
  };
}

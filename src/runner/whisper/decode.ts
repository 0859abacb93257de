/** Decodes a chunk repeatedly, until a result is accepted or no attempt is left. */
import {
  type Attempt,
  avgLogprobMin,
  type Evidence,
  isBetter,
  judge,
  losesWords,
} from "./temperature-fallback.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import type { Model } from "../engine/asr-model.ts";
import type { Chunk, DecodeResult } from "../engine/asr-structs.ts";
import { dropLoops, isSpokenRepetition, secondsOfSpeech } from "./loops.ts";
import { cutSegments } from "./segments.ts";
import { tokensToText } from "./text.ts";

export interface Decoded extends Evidence {
  readonly attempt: Attempt;
  readonly result: DecodeResult;
  /**
   * Whether the speaker repeated the text, by a rule that is less strict than `isSpokenRepetition`. A repetition inside
   * one segment also counts as spoken if it has the pace of speech. This is not enough to accept the result at once,
   * because in a later attempt each repetition may have its own segment and times.
   */
  readonly hasPaceOfSpeech: boolean;
}

/** The duration of a chunk, and the spans of speech in it. */
export type ChunkTimes = Pick<AudioChunk, "durationS" | "speech">;

/**
 * If the length limit has cut off this number of results, no more attempts are made. Only results of the full window
 * are counted. The number is low, because an attempt that is cut off takes the longest possible time. Such a result
 * contains a loop, and sampling rarely ends a loop.
 */
const cutOffMax = 4;
/**
 * If this number of results has the pace of speech, no more attempts are made, because it is then certain that the
 * speaker repeated the text. Only results of the full window are counted, and only if their mean log-probability is at
 * least `avgLogprobMin`.
 */
const paceOfSpeechMax = 3;

/**
 * Decodes a chunk until a result is accepted, and returns the accepted result. If no result is accepted, returns the
 * best rejected result. If the accepted result lacks words that the best rejected result contains, also returns the
 * best rejected result.
 */
export async function decodeUntilGood(
  lane: LaneClient,
  chunk: Chunk,
  times: ChunkTimes,
  model: Model,
  temperatureFallback: boolean,
): Promise<Decoded> {
  const rule = { windowMaxS: model.info.windowMaxS, temperatureFallback };
  let attempt: Attempt = { windowS: chunk.windowS, temperature: chunk.temperature };
  let best: Decoded | null = null;
  let cutOff = 0;
  let paceOfSpeech = 0;
  for (let seed = 0; ; seed++) {
    const decoded = await decodeOnce(lane, { ...chunk, ...attempt, seed }, times, model);
    const { accepted, next } = judge(attempt, decoded, chunk.temperature, rule);
    // A result of the full window always replaces a result of a shortened window.
    if (best !== null && best.attempt.windowS < attempt.windowS) best = null;
    if (accepted) return best !== null && losesWords(decoded, best) ? best : decoded;
    if (best === null || isBetter(decoded, best)) best = decoded;
    if (attempt.windowS === rule.windowMaxS) {
      if (!decoded.isComplete) cutOff += 1;
      if (decoded.hasPaceOfSpeech && decoded.avgLogprob >= avgLogprobMin) paceOfSpeech += 1;
    }
    if (next === null || cutOff === cutOffMax || paceOfSpeech === paceOfSpeechMax) return best;
    attempt = next;
  }
}

// --- internal ---

async function decodeOnce(
  lane: LaneClient,
  chunk: Chunk,
  { durationS, speech }: ChunkTimes,
  model: Model,
): Promise<Decoded> {
  const result = await lane.decode(chunk);
  const { windowS, temperature } = chunk;
  const { avgLogprob, noSpeechProb, isComplete } = result;
  const { tokenTextEnd } = model.info;
  const loopRule = { tokenTextEnd, isComplete };
  const { segments } = cutSegments([...result.tokens], durationS, model.info);
  const kept = textTokens(dropLoops(segments, loopRule).flatMap(({ tokens }) => tokens));
  const whole = { startS: 0, endS: durationS };
  return {
    attempt: { windowS, temperature },
    result,
    text: tokensToText(textTokens(result.tokens), model),
    keptPerSecond: speech === null ? null : kept.length / secondsOfSpeech(speech, whole),
    avgLogprob,
    noSpeechProb,
    isComplete,
    isSpokenRepetition: isSpokenRepetition(segments, null, loopRule),
    hasPaceOfSpeech: isSpokenRepetition(segments, speech, loopRule),
  };

  function textTokens(tokens: Iterable<number>): number[] {
    return [...tokens].filter((id) => id < tokenTextEnd);
  }
}

/**
 * Decides whether the result of a chunk is accepted, and what the next attempt is. The decision is the same for every
 * Whisper engine.
 *
 * The first attempt may use a shortened window of the encoder. If its result is suspicious, the chunk is decoded again
 * with the full window. If that result is also suspicious, the chunk is sampled at rising temperatures (OpenAI's
 * fallback, decode_with_fallback in whisper/transcribe.py).
 */
import { compressionRatio } from "../../transcript/compression-ratio.ts";

/** Minimum length of the window in seconds. With a shorter window, Whisper repeats itself or invents text. */
const windowFloorS = 15.36;
/**
 * If the window of the encoder is shortened, silence follows the chunk. This is the minimum length of the silence in
 * seconds.
 */
const windowMarginS = 1.28;

const compressionRatioMax = 2.4;
/**
 * Minimum mean log-probability. If the value of a result is lower, the chunk is sampled again, unless the model reports
 * that there is no speech.
 */
export const avgLogprobMin = -1;
/**
 * Minimum mean log-probability of a result from a shortened window. It is higher than `avgLogprobMin`, because a
 * shortened window often causes a low log-probability. A new attempt with the full window takes little time.
 */
const cutWindowAvgLogprobMin = -0.5;
const noSpeechProbMin = 0.6;
const repeatedWords = 5;
/**
 * Minimum number of tokens per second of speech. A text with fewer tokens leaves out most of the speech. Slow speech
 * has two tokens per second.
 */
const keptPerSecondMin = 1;
/**
 * If a later result has less than this fraction of the tokens of an earlier result, the later result has lost words of
 * the earlier result.
 */
const keptShareMin = 1 / 4;
const fallbackTemperatures = [0.2, 0.4, 0.6, 0.8, 1];

export interface Attempt {
  readonly windowS: number;
  readonly temperature: number;
}

/** The properties of a result that decide whether it is accepted. */
export interface Evidence {
  readonly text: string;
  /** Number of text tokens that `dropLoops` keeps, per second of speech; null if the spans of speech are unknown. */
  readonly keptPerSecond: number | null;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  /**
   * Whether the transcript is complete. If this is false, the length limit cut off the transcript, and the transcript
   * counts as a loop.
   */
  readonly isComplete: boolean;
  /** Whether the speaker repeated the text (loops.ts). */
  readonly isSpokenRepetition: boolean;
}

export interface WindowRule {
  readonly mode: "auto" | "full";
  readonly windowMaxS: number;
  /**
   * The length of the window must be a multiple of this number of seconds. 0 if the length of the engine's window is
   * fixed.
   */
  readonly windowStepS: number;
}

/** Returns the length in seconds of the window of the first attempt. */
export function firstWindowS(chunkS: number, rule: WindowRule): number {
  if (rule.mode === "full" || rule.windowStepS === 0) return rule.windowMaxS;
  const wanted = Math.max(windowFloorS, chunkS + windowMarginS);
  return Math.min(rule.windowMaxS, Math.ceil(wanted / rule.windowStepS - 1e-6) * rule.windowStepS);
}

/**
 * The decision about a result. `next` is the next attempt after a rejected result; null if the result is accepted or no
 * attempt is left.
 */
export interface Decision {
  readonly accepted: boolean;
  readonly next: Attempt | null;
}

export interface JudgeRule {
  readonly windowMaxS: number;
  readonly temperatureFallback: boolean;
}

/** Decides whether the result of `attempt` is accepted. `askedTemperature` is the temperature in the request. */
export function judge(
  attempt: Attempt,
  evidence: Evidence,
  askedTemperature: number,
  { windowMaxS, temperatureFallback }: JudgeRule,
): Decision {
  if (attempt.windowS < windowMaxS && looksWrongForCutWindow(evidence)) {
    return { accepted: false, next: { windowS: windowMaxS, temperature: attempt.temperature } };
  }
  if (!temperatureFallback || askedTemperature > 0 || !looksWrong(evidence))
    return { accepted: true, next: null };
  const temperature = fallbackTemperatures.find((t) => t > attempt.temperature);
  return {
    accepted: false,
    next: temperature === undefined ? null : { windowS: windowMaxS, temperature },
  };
}

/** Returns whether the model reports that there is no speech (OpenAI's rule). */
export function isSilent({ noSpeechProb, avgLogprob }: Evidence): boolean {
  return noSpeechProb > noSpeechProbMin && avgLogprob < avgLogprobMin;
}

/**
 * Returns whether `a` is better than `b`. Both results were rejected. If `a` lost words of `b`, it is not better.
 * Otherwise a result without a loop is better than a result with a loop. If both results are equal in this respect, a
 * complete result is better. If they are still equal, the result with the higher log-probability is better.
 */
export function isBetter(a: Evidence, b: Evidence): boolean {
  if (losesWords(a, b)) return false;
  if (isLoop(a) !== isLoop(b)) return isLoop(b);
  if (a.isComplete !== b.isComplete) return a.isComplete;
  return a.avgLogprob > b.avgLogprob;
}

/**
 * Returns whether `sample` lost words of `earlier`. This is the case if `sample` leaves out most of the speech and has
 * far fewer tokens than `earlier`. Returns false if `earlier` is incomplete or has a low log-probability, because its
 * words are then uncertain.
 */
export function losesWords(sample: Evidence, earlier: Evidence): boolean {
  if (sample.keptPerSecond === null || earlier.keptPerSecond === null) return false;
  if (!earlier.isComplete || earlier.avgLogprob < avgLogprobMin) return false;
  return (
    sample.keptPerSecond < keptPerSecondMin &&
    sample.keptPerSecond < earlier.keptPerSecond * keptShareMin
  );
}

// --- internal ---

function looksWrong(evidence: Evidence): boolean {
  if (isSilent(evidence)) return false;
  return isLoop(evidence) || evidence.avgLogprob < avgLogprobMin;
}

/**
 * Returns whether the result contains a loop. This is the case if the length limit cut off the result, or if the result
 * repeats text that the speaker did not repeat.
 */
function isLoop({ text, isComplete, isSpokenRepetition }: Evidence): boolean {
  return !isComplete || (compressionRatio(text) > compressionRatioMax && !isSpokenRepetition);
}

function looksWrongForCutWindow(evidence: Evidence): boolean {
  return (
    !evidence.isComplete ||
    compressionRatio(evidence.text) > compressionRatioMax ||
    evidence.avgLogprob < cutWindowAvgLogprobMin ||
    repeatsWords(evidence.text)
  );
}

/** Returns whether any five successive words occur twice. */
function repeatsWords(text: string): boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const seen = new Set<string>();
  for (let i = 0; i + repeatedWords <= words.length; i++) {
    const run = words.slice(i, i + repeatedWords).join(" ");
    if (seen.has(run)) return true;
    seen.add(run);
  }
  return false;
}

/**
 * Judges what an engine made of a chunk and says what to try next: the same for every Whisper engine.
 *
 * A result decoded from a cut window that looks wrong is decoded again with the full window; a result that still looks
 * wrong is sampled at rising temperatures (OpenAI's fallback, whisper/transcribe.py decode_with_fallback).
 */
import { deflateSync } from "node:zlib";

/** The window floor: shorter ones make Whisper repeat itself or invent text. */
const windowFloorS = 15.36;
/** Silence the encoder sees behind a chunk. */
const windowMarginS = 1.28;

const compressionRatioMax = 2.4;
const avgLogprobMin = -1;
/** Stricter for a cut window, where a second look is cheap and a wrong window is likely. */
const cutWindowAvgLogprobMin = -0.5;
const noSpeechProbMin = 0.6;
const repeatedWords = 5;
const fallbackTemperatures = [0.2, 0.4, 0.6, 0.8, 1];

export interface Attempt {
  readonly windowS: number;
  readonly temperature: number;
}

/** What the judge looks at. */
export interface Evidence {
  readonly text: string;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  /** False when the length limit cut the transcript off: then it is a loop. */
  readonly isComplete: boolean;
  /** The segments say what they repeat at the pace of speech (loops.ts). */
  readonly isSpokenRepetition: boolean;
}

export interface WindowRule {
  readonly mode: "auto" | "full";
  readonly windowMaxS: number;
  /** 0: the engine's window cannot be chosen. */
  readonly windowStepS: number;
}

/** The window a chunk is decoded with at first. */
export function firstWindowS(chunkS: number, rule: WindowRule): number {
  if (rule.mode === "full" || rule.windowStepS === 0) return rule.windowMaxS;
  const wanted = Math.max(windowFloorS, chunkS + windowMarginS);
  return Math.min(rule.windowMaxS, Math.ceil(wanted / rule.windowStepS - 1e-6) * rule.windowStepS);
}

/** `next` is what to try instead of a result that is not accepted; null: nothing is left to try. */
export interface Verdict {
  readonly accepted: boolean;
  readonly next: Attempt | null;
}

export interface JudgeRule {
  readonly windowMaxS: number;
  readonly temperatureFallback: boolean;
}

/** Judges what `attempt` gave, when the request asked for `askedTemperature`. */
export function judge(
  attempt: Attempt,
  evidence: Evidence,
  askedTemperature: number,
  { windowMaxS, temperatureFallback }: JudgeRule,
): Verdict {
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

/** Whether the model itself says that there is nothing to hear (OpenAI's rule). */
export function isSilent({ noSpeechProb, avgLogprob }: Evidence): boolean {
  return noSpeechProb > noSpeechProbMin && avgLogprob < avgLogprobMin;
}

/** The better of two results when none passed: one that does not repeat itself, then the likelier. */
export function isBetter(a: Evidence, b: Evidence): boolean {
  if (isLoop(a) !== isLoop(b)) return isLoop(b);
  return a.avgLogprob > b.avgLogprob;
}

/** Length of the text in UTF-8 over its length after zlib: above 2.4 it repeats itself. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}

// --- internal ---

function looksWrong(evidence: Evidence): boolean {
  if (isSilent(evidence)) return false;
  return isLoop(evidence) || evidence.avgLogprob < avgLogprobMin;
}

/** Whether the decoder repeated itself, and not the speaker. */
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

/** Whether any five words in a row come twice. */
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

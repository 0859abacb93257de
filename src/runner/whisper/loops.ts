/**
 * Distinguishes a loop of the decoder from text that the speaker repeated. A loop is faster than speech, or continues
 * until the length limit.
 *
 * If the speaker repeated the text, the result is accepted (temperature-fallback.ts). If it is a loop, the chunk is
 * decoded again. If the loop is still there at the end, only the first repetition in the loop is kept.
 */
import type { SpeechSpan } from "../audio/span.ts";
import type { ChunkSegment } from "./segments.ts";

/** Minimum number of successive repetitions that count as a loop. Fewer repetitions are common in speech. */
const repeatsMin = 4;
/** Maximum length in tokens of a repeated text. Repetitions of a longer text are not detected. */
const periodMax = 64;
/**
 * Maximum rate of speech in tokens per second. A repetition at a higher rate is a loop. Fast speech has six tokens per
 * second.
 */
const tokensPerSecondMax = 12;
/**
 * Range of the pace of speech inside one segment, in tokens per second of speech. Outside this range, a repetition is a
 * loop. Above the maximum, the text is faster than fast speech. Below the minimum, most of the speech has no text. The
 * range is narrow, because a repetition inside a segment has no times of its own.
 */
const insideSegment = { tokensPerSecondMin: 1, tokensPerSecondMax: 6 } as const;

export interface LoopRule {
  readonly tokenTextEnd: number;
  /**
   * Whether the output is complete. If this is false, the length limit cut off the output. A repetition at the end of
   * the output then counts as a loop at any speed.
   */
  readonly isComplete: boolean;
}

/**
 * Returns whether the speaker repeated the text. This is the case if the output is complete, no segment is faster than
 * speech, and each repetition inside one segment has the pace of speech. If there is only one segment, it must have the
 * pace of speech.
 *
 * If the spans of speech are unknown, a repetition inside one segment counts as a loop, because the decoder can write a
 * repetition during silence.
 */
export function isSpokenRepetition(
  segments: readonly ChunkSegment[],
  speech: readonly SpeechSpan[] | null,
  rule: LoopRule,
): boolean {
  if (!rule.isComplete || segments.length === 0) return false;
  if (findDecoderLoops(segments, rule).length > 0) return false;
  return segments.every((segment) => {
    const text = textOf([segment], rule);
    if (!isPaceOfSpeech(text, [segment])) return false;
    const repeatsInside = segments.length === 1 || findLoops(text.map(({ id }) => id)).length > 0;
    if (!repeatsInside) return true;
    const pace = speech === null ? 0 : text.length / secondsOfSpeech(speech, segment);
    return pace >= insideSegment.tokensPerSecondMin && pace <= insideSegment.tokensPerSecondMax;
  });
}

/**
 * Removes all repetitions except the first from each decoder loop. If a segment then contains no text, also removes the
 * segment.
 */
export function dropLoops(segments: readonly ChunkSegment[], rule: LoopRule): ChunkSegment[] {
  const dropped = new Set<number>();
  for (const loop of findDecoderLoops(segments, rule)) {
    for (let i = loop.from + loop.period; i < loop.to; i++) dropped.add(i);
  }
  if (dropped.size === 0) return [...segments];

  const kept = segments.map((): number[] => []);
  textOf(segments, rule).forEach((token, i) => {
    if (!dropped.has(i)) kept[token.segment]!.push(token.at);
  });
  return segments.flatMap((segment, index) => {
    const stays = new Set(kept[index]);
    if (stays.size === 0) return [];
    const isKept = (at: number) => segment.tokens[at]! >= rule.tokenTextEnd || stays.has(at);
    const tokens = segment.tokens.filter((_, at) => isKept(at));
    const logprobs = segment.logprobs?.filter((_, at) => isKept(at));
    return [{ ...segment, tokens, ...(logprobs === undefined ? {} : { logprobs }) }];
  });
}

/** Returns the seconds of speech in a time range. */
export function secondsOfSpeech(
  speech: readonly SpeechSpan[],
  { startS, endS }: SpeechSpan,
): number {
  const seconds = speech.map((span) => Math.min(endS, span.endS) - Math.max(startS, span.startS));
  return seconds.reduce((sum, s) => sum + Math.max(0, s), 0);
}

// --- internal ---

/** A text token, and its position in the segments. */
interface TextToken {
  readonly id: number;
  /** Index of the segment that contains the token. */
  readonly segment: number;
  /** Index of the token in its segment. */
  readonly at: number;
}

/**
 * A range of text tokens that contains a repetition. It includes the token at `from` and excludes the token at `to`.
 */
interface Loop {
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

function textOf(segments: readonly ChunkSegment[], { tokenTextEnd }: LoopRule): TextToken[] {
  return segments.flatMap((segment, index) =>
    segment.tokens.flatMap((id, at) => (id < tokenTextEnd ? [{ id, segment: index, at }] : [])),
  );
}

/**
 * Finds the loops of the decoder. These are the repetitions that are faster than speech. If the length limit cut off
 * the output, a repetition at the end of the output is also a loop.
 */
function findDecoderLoops(segments: readonly ChunkSegment[], rule: LoopRule): Loop[] {
  const text = textOf(segments, rule);
  return findLoops(text.map(({ id }) => id)).filter((loop) => {
    const isCutOff = !rule.isComplete && loop.to === text.length;
    return isCutOff || !isPaceOfSpeech(text.slice(loop.from, loop.to), segments);
  });
}

function isPaceOfSpeech(tokens: readonly TextToken[], segments: readonly ChunkSegment[]): boolean {
  return tokens.length / secondsOf(tokens, segments) <= tokensPerSecondMax;
}

/**
 * Finds ranges that consist of at least `repeatsMin` repetitions of one text. For example, a range of equal tokens is a
 * repetition of one token and also of two tokens. In such a case, uses the shortest text.
 */
function findLoops(ids: readonly number[]): Loop[] {
  const loops: Loop[] = [];
  let from = 0;
  while (from < ids.length) {
    const loop = loopAt(ids, from);
    if (loop === null) {
      from += 1;
      continue;
    }
    loops.push(loop);
    from = loop.to;
  }
  return loops;
}

function loopAt(ids: readonly number[], from: number): Loop | null {
  const longest = Math.min(periodMax, Math.floor((ids.length - from) / repeatsMin));
  for (let period = 1; period <= longest; period++) {
    let to = from + period;
    while (to < ids.length && ids[to] === ids[to - period]) to += 1;
    if (to - from >= repeatsMin * period) return { from, to, period };
  }
  return null;
}

/**
 * Returns the estimated duration of the tokens in seconds. If a fraction of a segment's tokens is in `tokens`, the same
 * fraction of the segment's duration is counted.
 */
function secondsOf(tokens: readonly TextToken[], segments: readonly ChunkSegment[]): number {
  const counts = new Map<number, number>();
  for (const { segment } of tokens) counts.set(segment, (counts.get(segment) ?? 0) + 1);
  let seconds = 0;
  for (const [index, count] of counts) {
    const segment = segments[index]!;
    seconds += ((segment.endS - segment.startS) * count) / Math.max(count, segment.tokens.length);
  }
  return Math.max(seconds, 0.01);
}

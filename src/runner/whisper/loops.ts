/**
 * Tells text that a decoder repeated because it was caught in a loop from text that a speaker repeated: speech takes its
 * time. A spoken repetition is accepted as it is (temperature-fallback.ts). Of a loop that decoding again did not
 * resolve, one repetition is kept.
 */
import type { ChunkSegment } from "./segments.ts";

/** Fewer repetitions in a row are common in speech. */
const repeatsMin = 4;
/** Longest text that is looked for, in tokens. */
const periodMax = 64;
/** Nobody speaks as many tokens a second; fast speech has six. */
const tokensPerSecondMax = 12;

export interface LoopRule {
  readonly tokenTextEnd: number;
  /** False when the decoder was still writing at its length limit: then a loop at the end is one whatever time it takes. */
  readonly isComplete: boolean;
}

/**
 * Whether the segments repeat each other as a speaker does: each has its own times, takes the time of speech, and does
 * not repeat itself. A decoder in a loop writes the repetitions into one segment, or faster than anybody speaks.
 */
export function isSpokenRepetition(segments: readonly ChunkSegment[], rule: LoopRule): boolean {
  if (!rule.isComplete || segments.length < 2) return false;
  if (findDecoderLoops(segments, rule).length > 0) return false;
  return segments.every((segment) => {
    const text = textOf([segment], rule);
    return isPaceOfSpeech(text, [segment]) && findLoops(text.map(({ id }) => id)).length === 0;
  });
}

/** Keeps the first repetition of each decoder loop. */
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
    const tokens = segment.tokens.filter((id, at) => id >= rule.tokenTextEnd || stays.has(at));
    return [{ ...segment, tokens }];
  });
}

// --- internal ---

/** A text token, and its place. */
interface TextToken {
  readonly id: number;
  /** Index of its segment. */
  readonly segment: number;
  /** Index among the tokens of the segment. */
  readonly at: number;
}

/** Text tokens from `from` to before `to`. */
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

/** The repetitions that are faster than speech, or go on at the length limit. */
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

/** Stretches that consist of one text, several times in a row; the shortest such text counts. */
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

/** Time from the first to the last of the segments that the tokens stand in, by the share they have of them. */
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

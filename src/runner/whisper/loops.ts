/**
 * Finds text that a decoder repeated because it was caught in a loop, and leaves one of it: what was decoded again without
 * success ends here. What somebody really says over and over stays: it takes its time.
 */
import type { ChunkSegment } from "./segments.ts";

/** As many times in a row as hardly anybody says a thing. */
const repeatsMin = 4;
/** Longest text that is looked for, in tokens. */
const periodMax = 64;
/** Nobody speaks as many tokens a second; fast speech has six. */
const tokensPerSecondMax = 12;

/** `isComplete` is false when the decoder was still writing at its length limit: then a loop at the end is one whatever time it takes. */
export function dropLoops(
  segments: readonly ChunkSegment[],
  { tokenTextEnd, isComplete }: { readonly tokenTextEnd: number; readonly isComplete: boolean },
): ChunkSegment[] {
  const text = segments.flatMap((segment, index) =>
    segment.tokens.flatMap((id, at) => (id < tokenTextEnd ? [{ id, segment: index, at }] : [])),
  );
  const dropped = new Set<number>();
  for (const loop of findLoops(text.map(({ id }) => id))) {
    const takes = secondsOf(text.slice(loop.from, loop.to), segments);
    const isSpoken = (loop.to - loop.from) / takes <= tokensPerSecondMax;
    const isCutOff = !isComplete && loop.to === text.length;
    if (isSpoken && !isCutOff) continue;
    for (let i = loop.from + loop.period; i < loop.to; i++) dropped.add(i);
  }
  if (dropped.size === 0) return [...segments];

  const kept = segments.map((): number[] => []);
  text.forEach((token, i) => {
    if (!dropped.has(i)) kept[token.segment]!.push(token.at);
  });
  return segments.flatMap((segment, index) => {
    const stays = new Set(kept[index]);
    if (stays.size === 0) return [];
    const tokens = segment.tokens.filter((id, at) => id >= tokenTextEnd || stays.has(at));
    return [{ ...segment, tokens }];
  });
}

// --- internal ---

interface Loop {
  readonly from: number;
  readonly to: number;
  readonly period: number;
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
function secondsOf(
  tokens: readonly { readonly segment: number }[],
  segments: readonly ChunkSegment[],
): number {
  const counts = new Map<number, number>();
  for (const { segment } of tokens) counts.set(segment, (counts.get(segment) ?? 0) + 1);
  let seconds = 0;
  for (const [index, count] of counts) {
    const segment = segments[index]!;
    seconds += ((segment.endS - segment.startS) * count) / Math.max(count, segment.tokens.length);
  }
  return Math.max(seconds, 0.01);
}

/**
 * Cuts the segments of a transcript into subtitle cues. Width, lines and time of a cue are limited. A cue starts with
 * its first word and ends with its last word. It never contains text of two segments.
 */
import type { CueLimits } from "./cue-limits.ts";
import { breakCost, breakLines, extendedWidth } from "./cue-lines.ts";
import { SegmentWords, type Unit } from "./cue-units.ts";
import type { Segment, Transcript } from "./transcript.ts";

export interface Cue {
  readonly startS: number;
  readonly endS: number;
  readonly lines: readonly string[];
  /** Number of the channel; undefined unless each channel was transcribed on its own. */
  readonly channel?: number | undefined;
}

export function cutCues({ segments, words }: Transcript, limits: CueLimits): Cue[] {
  // The words of different channels may overlap in time, so each channel has its own list of words.
  const timed = Map.groupBy(words ?? [], ({ channel }) => channel);
  const channels = new Map(
    [...timed].map(([channel, spoken]) => [channel, new SegmentWords(spoken)]),
  );
  return segments.flatMap((segment) => {
    const ofChannel = channels.get(segment.channel) ?? new SegmentWords([]);
    const cues = cutSegment(ofChannel.units(segment), limits);
    // If the word times are not usable, cuts the segment without word times. The time of the segment is then spread
    // evenly over the text of the segment.
    const usable = areTimesUsable(cues, segment)
      ? cues
      : cutSegment(new SegmentWords([]).units(segment), limits);
    return usable.map((cue) => ({
      startS: cue[0]!.startS,
      // Limits the end of the cue, because a single word can be longer than the maximum duration of a cue.
      endS: Math.min(cue.at(-1)!.endS, cue[0]!.startS + limits.secondsMax),
      lines: breakLines(cue, limits.lineWidthMax),
      channel: segment.channel,
    }));
  });
}

// --- internal ---

/** Minimum duration in seconds of a cue. If the word times result in a shorter cue, the word times are wrong. */
const shownMinS = 0.01;
/**
 * Maximum time in seconds by which a word may start before its segment or end after it. Small differences are normal,
 * because word times are less exact than segment times.
 */
const outsideMaxS = 1;

/**
 * Returns whether the word times of a segment result in usable cues. An engine that decodes in a wrong language can
 * give the same time to many words, or can return times that are in another segment.
 */
function areTimesUsable(cues: readonly (readonly Unit[])[], { startS, endS }: Segment): boolean {
  return cues.every((cue) => {
    const [first, last] = [cue[0]!, cue.at(-1)!];
    return (
      last.endS - first.startS >= shownMinS &&
      first.startS >= startS - outsideMaxS &&
      last.endS <= endS + outsideMaxS
    );
  });
}

/** Maximum pause inside a cue, in seconds. During a longer pause, no text should be on the screen. */
const pauseMaxS = 3;
/**
 * A pause of at least this length, in seconds, is a good place to end a cue. A cue that ends there has no break cost,
 * like a cue whose last word ends a sentence.
 */
const goodPauseS = 0.5;
/** Minimum duration in seconds of a cue. A viewer has too little time to read a shorter cue. */
const readableS = 1;

/**
 * Cost that is added for each cue. Therefore a segment has as few cues as possible. It has more cues only if they then
 * end at much better places.
 */
const cueCost = 100;
const shortCueCost = 60;
/**
 * A cue uses a fraction of the permitted space and time. In the cost of the cue, this is the weight of the square of
 * this fraction. Because of the square, cues of similar sizes have the lowest total cost.
 */
const unevennessCost = 60;

interface Cut {
  readonly cost: number;
  /** Index of the first unit of the last cue. */
  readonly from: number;
}

/** Cuts the units into cues in the way that has the lowest total cost. */
function cutSegment(units: readonly Unit[], limits: CueLimits): Unit[][] {
  // best[end] describes the cheapest way to cut the units before `end` into cues.
  const best: Cut[] = [{ cost: 0, from: 0 }];
  for (let from = 0; from < units.length; from++) {
    const before = best[from]!.cost;
    for (const { end, use } of cuesFrom(from, units, limits)) {
      const cost = before + costOf(units, from, end, use);
      if (cost < (best[end]?.cost ?? Infinity)) best[end] = { cost, from };
    }
  }
  const cues: Unit[][] = [];
  for (let end = units.length; end > 0; end = best[end]!.from) {
    cues.unshift(units.slice(best[end]!.from, end));
  }
  return cues;
}

interface PossibleCue {
  /** Index of the first unit after the cue. */
  readonly end: number;
  /**
   * The cue uses a fraction of the permitted width and a fraction of the permitted time. This is the larger fraction.
   */
  readonly use: number;
}

/**
 * Yields all cues that start at the unit `from` and are within the limits. A cue of only one unit is always included,
 * even if it exceeds the limits.
 */
function* cuesFrom(
  from: number,
  units: readonly Unit[],
  { lineWidthMax, linesMax, secondsMax }: CueLimits,
): Generator<PossibleCue> {
  const { startS } = units[from]!;
  let lines = 1;
  let lineWidth = 0;
  let width = 0;
  for (let end = from + 1; end <= units.length; end++) {
    const unit = units[end - 1]!;
    width = extendedWidth(width, unit);
    lineWidth = extendedWidth(lineWidth, unit);
    if (lineWidth > lineWidthMax && end > from + 1) {
      lines++;
      lineWidth = unit.width;
    }
    const seconds = unit.endS - startS;
    if (
      end > from + 1 &&
      (lines > linesMax || seconds > secondsMax || pauseBefore(end - 1) > pauseMaxS)
    ) {
      return;
    }
    yield { end, use: Math.max(width / (lineWidthMax * linesMax), seconds / secondsMax) };
  }

  function pauseBefore(index: number): number {
    return units[index]!.startS - units[index - 1]!.endS;
  }
}

function costOf(units: readonly Unit[], from: number, end: number, use: number): number {
  const last = units[end - 1]!;
  const next = units[end];
  const isShort = last.endS - units[from]!.startS < readableS;
  const endsAtPause = next === undefined || next.startS - last.endS >= goodPauseS;
  return (
    cueCost +
    (isShort ? shortCueCost : 0) +
    unevennessCost * use ** 2 +
    (endsAtPause ? 0 : breakCost(last))
  );
}

/**
 * Cuts the segments of a transcript into subtitle cues within limits of width, lines and time. A cue starts with its
 * first word and ends with its last word. It never contains text of two segments.
 */
import type { CueLimits } from "./cue-limits.ts";
import { breakCost, breakLines, extendedWidth } from "./cue-lines.ts";
import { SegmentWords, type Unit } from "./cue-units.ts";
import type { Segment, Transcript } from "./transcript.ts";

export interface Cue {
  readonly startS: number;
  readonly endS: number;
  readonly lines: readonly string[];
}

export function cutCues({ segments, words }: Transcript, limits: CueLimits): Cue[] {
  const timed = new SegmentWords(words ?? []);
  return segments.flatMap((segment) => {
    const cues = cutSegment(timed.units(segment), limits);
    // If the word times are not usable, cuts the segment without them. The time of the segment is then spread evenly
    // over its text.
    const usable = areTimesUsable(cues, segment)
      ? cues
      : cutSegment(new SegmentWords([]).units(segment), limits);
    return usable.map((cue) => ({
      startS: cue[0]!.startS,
      // The end is limited, because a single word can be longer than the maximum duration of a cue.
      endS: Math.min(cue.at(-1)!.endS, cue[0]!.startS + limits.secondsMax),
      lines: breakLines(cue, limits.lineWidthMax),
    }));
  });
}

// --- internal ---

/** Minimum duration in seconds of a cue. Word times that give a shorter cue are wrong. */
const shownMinS = 0.01;
/** Maximum time in seconds that words may lie outside of their segment. Word times are less exact than segment times. */
const outsideMaxS = 1;

/**
 * Returns whether the word times of a segment give cues that can be shown. An engine that decodes in a wrong language
 * can give the same time to many words, or can return times that are in another segment.
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

/** Maximum pause inside a cue, in seconds. A cue must not stay on the screen during a longer pause. */
const pauseMaxS = 3;
/**
 * Minimum length in seconds of a good pause. A cue that ends at a good pause has the same cost as a cue that ends after
 * a sentence.
 */
const goodPauseS = 0.5;
/** Minimum duration in seconds of a cue that a viewer can read. */
const readableS = 1;

/**
 * Cost of each cue. Because of this cost, a segment has as few cues as possible, unless more cues end at much better
 * places.
 */
const cueCost = 100;
const shortCueCost = 60;
/**
 * Weight of the squared fraction of space or time that a cue uses. Because of this weight, the cues of a segment have
 * similar sizes.
 */
const unevennessCost = 60;

interface Cut {
  readonly cost: number;
  /** Index of the first unit of the last cue. */
  readonly from: number;
}

/** Cuts the units into cues in the way that has the lowest total cost. */
function cutSegment(units: readonly Unit[], limits: CueLimits): Unit[][] {
  // best[end] is the cut of the units before `end` that has the lowest cost.
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
   * The larger of two fractions: the fraction of the permitted width that the cue uses, and the fraction of the
   * permitted time that it uses.
   */
  readonly use: number;
}

/**
 * Yields all cues within the limits that start at one unit. Always yields the cue that contains only this unit, even if
 * it exceeds the limits.
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

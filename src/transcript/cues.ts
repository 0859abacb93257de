/**
 * Cuts the segments of a transcript into subtitle cues within limits of width, lines and time. A cue starts with its
 * first word and ends with its last one, and never spans two segments.
 */
import type { CueLimits } from "./cue-limits.ts";
import { breakCost, breakLines, extendedWidth } from "./cue-lines.ts";
import { SegmentWords, type Unit } from "./cue-units.ts";
import type { Transcript } from "./transcript.ts";

export interface Cue {
  readonly startS: number;
  readonly endS: number;
  readonly lines: readonly string[];
}

export function cutCues({ segments, words }: Transcript, limits: CueLimits): Cue[] {
  const timed = new SegmentWords(words ?? []);
  return segments.flatMap((segment) => {
    const units = timed.units(segment);
    return cutSegment(units, limits).map((cue) => ({
      startS: cue[0]!.startS,
      // One long word can exceed the limit.
      endS: Math.min(cue.at(-1)!.endS, cue[0]!.startS + limits.secondsMax),
      lines: breakLines(cue, limits.lineWidthMax),
    }));
  });
}

// --- internal ---

/** A cue does not stay on the screen during a longer pause. */
const pauseMaxS = 3;
/** A pause of this length ends a cue as well as the end of a sentence does. */
const goodPauseS = 0.5;
/** A viewer cannot read a shorter cue. */
const readableS = 1;

/** Each cue costs this much: cues are as few as possible, unless more of them break at much better places. */
const cueCost = 100;
const shortCueCost = 60;
/** Weight of the squared share of the space and time that a cue uses: cues of a segment become similar. */
const unevennessCost = 60;

interface Cut {
  readonly cost: number;
  /** The first unit of the last cue. */
  readonly from: number;
}

/** Finds the cheapest way to cut the units into cues. */
function cutSegment(units: readonly Unit[], limits: CueLimits): Unit[][] {
  // best[end] is the cheapest cut of the units before `end`.
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
  /** The index of the unit after the cue. */
  readonly end: number;
  /** Share of the permitted width or time that the cue uses; the larger one. */
  readonly use: number;
}

/** All cues within the limits that start at one unit. The unit alone is always one of them. */
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

/** Breaks the text of a cue into lines: as few as fit, after punctuation where possible, of similar width. */
import type { Unit } from "./cue-units.ts";

/** The cost of a line break or of the end of a cue after a unit: 0 after a sentence, more inside it. */
export function breakCost({ text }: Unit): number {
  if (sentenceEnd.test(text)) return 0;
  return clauseEnd.test(text) ? 15 : 40;
}

/** The width of a line after one more unit is added. */
export function extendedWidth(width: number, unit: Unit): number {
  return width === 0 ? unit.width : width + (unit.hasSpace ? 1 : 0) + unit.width;
}

/** A unit that is wider than a line has a line of its own. */
export function breakLines(units: readonly Unit[], widthMax: number): string[] {
  const linesCount = fewestLines(units, widthMax);
  // best[end] is the cheapest way to set the units before `end` in the current number of lines.
  let best: (Layout | null)[] = [{ cost: 0, breaks: [] }];
  for (let line = 0; line < linesCount; line++) {
    best = addLine(best, units, widthMax);
  }
  const breaks = best[units.length]?.breaks ?? [];
  return breaks.map((end, index) => lineText(units.slice(breaks[index - 1] ?? 0, end)));
}

// --- internal ---

const sentenceEnd = /[.!?…。．！？।؟۔]["'”’»)\]」』）]*$/u;
const clauseEnd = /[,;:،؛、，；：–—]["'”’»)\]」』）]*$/u;

/** Weight of the squared widths. Two lines may be as uneven as 15 of 42 columns to break after a comma. */
const unevennessCost = 100;

/** Fills each line before it starts the next one: no other layout has fewer lines. */
function fewestLines(units: readonly Unit[], widthMax: number): number {
  let lines = 0;
  let width = Infinity;
  for (const unit of units) {
    width = extendedWidth(width, unit);
    if (width <= widthMax) continue;
    lines++;
    width = unit.width;
  }
  return lines;
}

interface Layout {
  readonly cost: number;
  /** The end of each line: the index of the unit after it. */
  readonly breaks: readonly number[];
}

function addLine(
  best: readonly (Layout | null)[],
  units: readonly Unit[],
  widthMax: number,
): (Layout | null)[] {
  const next: (Layout | null)[] = [];
  best.forEach((layout, from) => {
    if (layout === null || layout === undefined) return;
    let width = 0;
    for (let end = from + 1; end <= units.length; end++) {
      width = extendedWidth(width, units[end - 1]!);
      if (width > widthMax && end > from + 1) return;
      const isLast = end === units.length;
      const cost =
        layout.cost +
        unevennessCost * (width / widthMax) ** 2 +
        (isLast ? 0 : breakCost(units[end - 1]!));
      if (cost < (next[end]?.cost ?? Infinity)) {
        next[end] = { cost, breaks: [...layout.breaks, end] };
      }
    }
  });
  return next;
}

function lineText(units: readonly Unit[]): string {
  return units
    .map(({ text, hasSpace }, index) => (hasSpace && index > 0 ? ` ${text}` : text))
    .join("");
}

/** Shows the progress on one line of standard error. Shows nothing when standard error is not a terminal. */
import { sep } from "node:path";
import type { Progress } from "../ipc/options.ts";
import { colorAllowed, cursorAllowed } from "../settings/config.ts";
import { shownPath } from "./file-names.ts";

interface Terminal {
  readonly isTTY?: boolean;
  /** Width in columns. 0 or absent when the terminal does not report its width. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** The file whose progress is shown, and its number, counted from 1. */
export interface ShownFile {
  readonly name: string;
  readonly number: number;
  readonly count: number;
}

export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #isAllowed: boolean;
  readonly #hasColor: boolean;
  #isShown = false;
  #isClosed = false;

  constructor(terminal: Terminal = process.stderr) {
    this.#terminal = terminal;
    this.#isAllowed = cursorAllowed(terminal);
    this.#hasColor = colorAllowed(terminal);
  }

  /** Shows the progress line. `progress` is null until the first progress of this file is known. */
  show(file: ShownFile, progress: Progress | null): void {
    if (!this.#isAllowed || this.#isClosed) return;
    const room = (this.#terminal.columns || usualColumns) - reservedColumns;
    this.#terminal.write(`${clearLine}${progressText(file, progress, room, this.#hasColor)}`);
    this.#isShown = true;
  }

  /** Removes the line, so that other output can be printed. The next `show` prints the line again. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(clearLine);
    this.#isShown = false;
  }

  /** Removes the line permanently: later calls of `show` do nothing. */
  close(): void {
    this.clear();
    this.#isClosed = true;
  }
}

// --- internal ---

const clearLine = "\r\u001B[K";
const green = "\u001B[32m";
const normal = "\u001B[39m";

const usualColumns = 80;
/**
 * Number of columns at the right edge that stay empty. On Ctrl-C the terminal prints "^C" there, and text in the last
 * column would wrap.
 */
const reservedColumns = 3;

/**
 * Widths in columns: `bar` is the width of the progress bar when at least `room` columns are available. With less than
 * 60 columns there is no bar.
 */
const barWidths: readonly { readonly room: number; readonly bar: number }[] = [
  { room: 90, bar: 30 },
  { room: 60, bar: 12 },
];

/**
 * Returns for example "3 of 14 ####---- talk.mp3 12 s of 60 s", at most `room` columns wide. When space is short, the
 * file name is shortened first.
 */
function progressText(
  { name, number, count }: ShownFile,
  progress: Progress | null,
  room: number,
  hasColor: boolean,
): string {
  const counter = count > 1 ? `${number} of ${count} ` : "";
  const times = progress === null ? "" : ` ${timesText(progress)}`;
  const barWidth = barWidths.find((one) => room >= one.room)?.bar ?? 0;
  const barRoom = barWidth === 0 ? 0 : barWidth + 1;
  const nameRoom = room - counter.length - barRoom - times.length;
  if (nameRoom < 1) return cutToWidth(`${counter}${times}`.trim(), room);
  const full = Math.round(shareOf(progress) * barWidth);
  const done = "#".repeat(full);
  const bar = `${hasColor ? `${green}${done}${normal}` : done}${"-".repeat(barWidth - full)} `;
  const fileName = name.slice(name.lastIndexOf(sep) + 1);
  return `${counter}${barWidth === 0 ? "" : bar}${cutToWidth(shownPath(fileName), nameRoom)}${times}`;
}

function timesText({ doneS, totalS }: Progress): string {
  return `${doneS.toFixed(0)} s of ${totalS === null ? "?" : totalS.toFixed(0)} s`;
}

function shareOf(progress: Progress | null): number {
  if (progress === null || !progress.totalS) return 0;
  return Math.min(1, progress.doneS / progress.totalS);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Shortens the text to a number of columns and adds "…". Splits only between grapheme clusters. A wide character takes
 * two columns.
 */
function cutToWidth(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let cut = "";
  for (const { segment } of graphemes.segment(text)) {
    if (Bun.stringWidth(`${cut}${segment}`) > columns - 1) break;
    cut += segment;
  }
  return columns < 1 ? "" : `${cut}…`;
}

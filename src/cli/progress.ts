/** Shows the progress as one line on standard error, but only when standard error is a terminal. */
import { sep } from "node:path";
import type { Progress } from "../ipc/options.ts";
import { colorAllowed, cursorAllowed } from "../settings/config.ts";
import { shownPath } from "./file-names.ts";

interface Terminal {
  readonly isTTY?: boolean;
  /** 0 or absent when the terminal does not know its width. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** The file that is shown, counted from 1. */
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

  /** Null: the work on the file has just begun. */
  show(file: ShownFile, progress: Progress | null): void {
    if (!this.#isAllowed || this.#isClosed) return;
    const room = (this.#terminal.columns || usualColumns) - reservedColumns;
    this.#terminal.write(`${clearLine}${progressText(file, progress, room, this.#hasColor)}`);
    this.#isShown = true;
  }

  /** Removes the line, so that other output can be printed. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(clearLine);
    this.#isShown = false;
  }

  /** Removes the line for good. */
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
/** The terminal prints "^C" there, and begins a new line in its last column. */
const reservedColumns = 3;

/** A wide terminal has a long bar, a narrow one has none. */
const barWidths: readonly { readonly room: number; readonly bar: number }[] = [
  { room: 90, bar: 30 },
  { room: 60, bar: 12 },
];

/** "3 of 14 ####---- talk.mp3 12 s of 60 s", at most `room` columns. The name is cut first. */
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

/** Cuts between characters as a reader sees them, and marks the cut. Wide characters take two columns. */
function cutToWidth(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let cut = "";
  for (const { segment } of graphemes.segment(text)) {
    if (Bun.stringWidth(`${cut}${segment}`) > columns - 1) break;
    cut += segment;
  }
  return columns < 1 ? "" : `${cut}…`;
}

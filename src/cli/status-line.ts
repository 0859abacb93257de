/** Shows a line on a terminal and overwrites it with each update. Writes nothing to other outputs. */
import { colorAllowed, cursorAllowed } from "../settings/config.ts";
import { shownPath } from "./file-names.ts";

export interface Terminal {
  readonly isTTY?: boolean;
  /** Width of the terminal in columns. 0 or undefined when the terminal does not report its width. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Parts of a status line such as "3 of 14 ####---- talk.mp3 12 s of 60 s". */
export interface StatusText {
  /** The counter, for example "3 of 14". Empty when there is no counter. */
  readonly counter: string;
  /** Fraction of the work that is done, from 0 to 1. The progress bar shows this fraction. */
  readonly share: number;
  /** Name of the file or model. It is shortened when the terminal is too narrow. */
  readonly name: string;
  /** Alternative texts that follow the name, the longest first. The line contains the longest text that fits. */
  readonly facts: readonly string[];
}

export class StatusLine {
  readonly #terminal: Terminal;
  #isShown = false;
  #wasShown = false;
  #isClosed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Whether the terminal can clear a line. */
  get isAllowed(): boolean {
    return cursorAllowed(this.#terminal);
  }

  show(text: StatusText): void {
    if (!this.isAllowed || this.#isClosed) return;
    const room = (this.#terminal.columns || usualColumns) - reservedColumns;
    this.#terminal.write(`${clearLine}${lineText(text, room, colorAllowed(this.#terminal))}`);
    this.#isShown = true;
    this.#wasShown = true;
  }

  /** Removes the line, so that other output can be printed. The next `show` prints the line again. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(clearLine);
    this.#isShown = false;
  }

  /**
   * Removes the line permanently: later calls of `show` do nothing. After an interruption with Ctrl-C, also removes the
   * "^C" that the terminal printed, even if the line was not visible at that time.
   */
  close(isInterrupted = false): void {
    if (isInterrupted) this.#isShown = this.#wasShown;
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
 * Number of columns at the right edge that stay empty. On Ctrl-C, the terminal prints "^C" (two characters) there.
 * Without these columns, "^C" would wrap to a new line.
 */
const reservedColumns = 3;

/**
 * Width of the progress bar. A line of at least `room` columns has a bar of `bar` columns. A line of less than 60
 * columns has no bar.
 */
const barWidths: readonly { readonly room: number; readonly bar: number }[] = [
  { room: 90, bar: 30 },
  { room: 60, bar: 12 },
];

/**
 * Number of columns that a text of `facts` must leave for the name. For a shorter name, the text must leave only the
 * width of the name.
 */
const nameColumns = 8;

/**
 * Returns the line, which is at most `room` columns wide. If the line is too wide, first uses a shorter text of
 * `facts`, then shortens the name.
 */
function lineText(text: StatusText, room: number, hasColor: boolean): string {
  const counter = text.counter === "" ? "" : `${text.counter} `;
  const barWidth = barWidths.find((one) => room >= one.room)?.bar ?? 0;
  const rest = room - counter.length - (barWidth === 0 ? 0 : barWidth + 1);
  const name = shownPath(text.name);
  const wanted = Math.min(nameColumns, Bun.stringWidth(name));
  const chosen = text.facts.find((one) => rest - one.length - 1 >= wanted) ?? text.facts.at(-1);
  const facts = chosen === undefined || chosen === "" ? "" : ` ${chosen}`;
  const nameRoom = rest - facts.length;
  if (nameRoom < 1) return cutToWidth(`${counter}${facts}`.trim(), room);
  const full = Math.round(Math.min(1, text.share) * barWidth);
  const done = "#".repeat(full);
  const bar = `${hasColor ? `${green}${done}${normal}` : done}${"-".repeat(barWidth - full)} `;
  return `${counter}${barWidth === 0 ? "" : bar}${cutToWidth(name, nameRoom)}${facts}`;
}

let segmenter: Intl.Segmenter | null = null;

/** Divides text into grapheme clusters. It is created only when it is needed, because this takes up to 25 ms. */
function graphemes(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" }));
}

/**
 * Shortens the text to a number of columns and adds "…". Splits only between grapheme clusters. A wide character takes
 * two columns.
 */
function cutToWidth(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let cut = "";
  for (const { segment } of graphemes().segment(text)) {
    if (Bun.stringWidth(`${cut}${segment}`) > columns - 1) break;
    cut += segment;
  }
  return columns < 1 ? "" : `${cut}…`;
}

/** One line on a terminal that is written again and again. Other outputs get nothing. */
import { colorAllowed, cursorAllowed } from "../settings/config.ts";
import { shownPath } from "./file-names.ts";

export interface Terminal {
  readonly isTTY?: boolean;
  /** 0 or absent when the terminal does not know its width. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** "3 of 14 ####---- talk.mp3 12 s of 60 s" */
export interface StatusText {
  /** "3 of 14", or "". */
  readonly counter: string;
  /** Share of the work that is done, 0 to 1: the bar. */
  readonly share: number;
  /** Is cut when the line is too narrow. */
  readonly name: string;
  /** The text after the name, the longest form first: a narrow terminal gets a shorter one. */
  readonly facts: readonly string[];
}

export class StatusLine {
  readonly #terminal: Terminal;
  readonly #hasColor: boolean;
  /** Whether the terminal can clear a line. */
  readonly isAllowed: boolean;
  #isShown = false;
  #isClosed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.isAllowed = cursorAllowed(terminal);
    this.#hasColor = colorAllowed(terminal);
  }

  show(text: StatusText): void {
    if (!this.isAllowed || this.#isClosed) return;
    const room = (this.#terminal.columns || usualColumns) - reservedColumns;
    this.#terminal.write(`${clearLine}${lineText(text, room, this.#hasColor)}`);
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

/** A longer form of the facts must leave this much of the name. */
const nameColumns = 8;

/** At most `room` columns. The name is cut first. */
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

/** The layout of help: sections with two columns, at most 80 characters wide. */
import { styleText } from "node:util";

export interface Row {
  /** A flag, a command or a variable. */
  readonly term: string;
  /** Each paragraph starts on a new line. */
  readonly paragraphs: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** A paragraph across the whole width. */
export function paragraph(text: string): string {
  return Bun.wrapAnsi(text, helpWidth);
}

/** A title and indented lines, which are not wrapped. */
export function block(title: string, lines: readonly string[]): string {
  const indented = lines.map((line) => (line === "" ? "" : `  ${line}`));
  return [heading(title), ...indented].join("\n");
}

/** A title and rows: the term at the left, its paragraphs at the right. A long term has its own line. */
export function twoColumns({ title, rows }: Section): string {
  return [heading(title), ...rows.flatMap(rowLines)].join("\n");
}

// --- internal ---

const helpWidth = 80;
/** The first column of the paragraphs. Most terms are shorter. */
const rightColumn = 28;

function heading(title: string): string {
  return styleText("bold", title.toUpperCase(), { validateStream: false });
}

function rowLines({ term, paragraphs }: Row): string[] {
  const right = paragraphs
    .flatMap((text) => Bun.wrapAnsi(text, helpWidth - rightColumn).split("\n"))
    .map((line) => " ".repeat(rightColumn) + line);
  const left = `  ${term}`;
  const [first = "", ...others] = right;
  if (left.length + 2 > rightColumn) return [left, ...right];
  return [`${left}${first.slice(left.length)}`.trimEnd(), ...others];
}

/**
 * Formats help texts: paragraphs, blocks of lines, and sections with two columns. Wrapped text is at most 80 characters
 * wide.
 */
import { styleText } from "node:util";

export interface Row {
  /** Name of a flag, a command or an environment variable. */
  readonly term: string;
  /** Each paragraph starts on a new line. */
  readonly paragraphs: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Wraps a paragraph to the full width of the help text. */
export function paragraph(text: string): string {
  return Bun.wrapAnsi(text, helpWidth);
}

/** Formats a title and indented lines. The lines are not wrapped. */
export function block(title: string, lines: readonly string[]): string {
  const indented = lines.map((line) => (line === "" ? "" : `  ${line}`));
  return [heading(title), ...indented].join("\n");
}

/**
 * Formats a title and rows: the term in the left column, its paragraphs in the right column. A term that is too long
 * for the left column has a line of its own.
 */
export function twoColumns({ title, rows }: Section): string {
  return [heading(title), ...rows.flatMap(rowLines)].join("\n");
}

// --- internal ---

const helpWidth = 80;
/** Number of characters in the left column. Most terms are shorter. */
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

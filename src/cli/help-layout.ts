/** The layout of help: sections, and two columns within 80 characters. */
import { styleText } from "node:util";

export interface Row {
  /** A flag, a command or a variable. */
  readonly term: string;
  /** Each starts a new line. */
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

/** A title above lines that are indented and not wrapped. */
export function block(title: string, lines: readonly string[]): string {
  const indented = lines.map((line) => (line === "" ? "" : `  ${line}`));
  return [heading(title), ...indented].join("\n");
}

/** The term at the left, its paragraphs at the right; a long term has a line of its own. */
export function twoColumns({ title, rows }: Section): string {
  return [heading(title), ...rows.flatMap(rowLines)].join("\n");
}

// --- internal ---

const helpWidth = 80;
/** Where the right column starts: most flags with their values end before it. */
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

/** Formats manual pages with the macros of man(7). */

/** Escapes text for roff. Writes a hyphen as a minus sign, so that the user can copy a flag from the page. */
export function roff(text: string): string {
  return text.replaceAll(/[\\"'`^~-]/gu, (character) => escapes[character] ?? character);
}

export function bold(text: string): string {
  return String.raw`\fB${roff(text)}\fR`;
}

export function italic(text: string): string {
  return String.raw`\fI${roff(text)}\fR`;
}

export function heading(title: string): string {
  return `.SH ${roff(title)}`;
}

export function subheading(title: string): string {
  return `.SS ${roff(title)}`;
}

/**
 * Wraps escaped text, so that the lines of the roff source are short. These line breaks do not change the page on the
 * screen.
 */
export function wrapped(text: string): string {
  return Bun.wrapAnsi(text, sourceWidth).split("\n").map(protectedLine).join("\n");
}

/** Returns a paragraph. The text must already be escaped. */
export function paragraph(text: string): string {
  return `.PP\n${wrapped(text)}`;
}

/** Returns a term and its description. Both texts must already be escaped. */
export function entry(term: string, paragraphs: readonly string[]): string {
  return [".TP", protectedLine(term), paragraphs.map(wrapped).join("\n.br\n")].join("\n");
}

/** Returns a block of lines that `man` does not wrap. */
export function verbatim(lines: readonly string[]): string {
  const text = lines.map((line) => protectedLine(roff(line)));
  return [".PP", ".in +4n", ".nf", ...text, ".fi", ".in"].join("\n");
}

// --- internal ---

const escapes: Readonly<Record<string, string>> = {
  "\\": String.raw`\e`,
  '"': String.raw`\(dq`,
  "'": String.raw`\(aq`,
  "`": String.raw`\(ga`,
  "^": String.raw`\(ha`,
  "~": String.raw`\(ti`,
  "-": String.raw`\-`,
};

/** Maximum length of a line of the roff source, in characters. mandoc recommends this maximum. */
const sourceWidth = 80;

/** Protects a line that starts with a dot, because roff would read it as a macro. */
function protectedLine(text: string): string {
  return text.startsWith(".") ? String.raw`\&${text}` : text;
}

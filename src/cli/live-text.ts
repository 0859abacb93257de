/** The text of a transcript, segment by segment. */
import { timedLine } from "../transcript/format.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

/**
 * `whole`: the text as one line, exactly the format `text`. `lines`: a line for each segment. `times`: the same with
 * the times of the segment.
 */
export type TextLayout = "whole" | "lines" | "times";

export class LiveText {
  readonly #layout: TextLayout;
  #isEmpty = true;
  /** Space at the end of the last segment. It is not written at the end of the text. */
  #space = "";

  constructor(layout: TextLayout) {
    this.#layout = layout;
  }

  /** Whether the last line is not finished. */
  get isInLine(): boolean {
    return this.#layout === "whole" && !this.#isEmpty;
  }

  /** What to write for the next segment; empty if the segment has no text. */
  add(segment: Segment): string {
    if (segment.text.trim() === "") return "";
    if (this.#layout === "times") return `${timedLine(segment)}\n`;
    if (this.#layout === "lines") return `${segment.text.replace(/\s+/g, " ").trim()}\n`;
    const text = this.#isEmpty ? segment.text.trimStart() : `${this.#space}${segment.text}`;
    const visible = text.trimEnd();
    this.#space = text.slice(visible.length);
    this.#isEmpty = false;
    return visible;
  }

  /** What to write after the last segment. */
  end(): string {
    return this.isInLine ? "\n" : "";
  }
}

/** The whole text at once, for a file. */
export function layOut({ segments }: Transcript, layout: TextLayout): string {
  const text = new LiveText(layout);
  return segments.map((segment) => text.add(segment)).join("") + text.end();
}

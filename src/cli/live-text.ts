/** Converts the segments of a transcript to text, one segment at a time. */
import { timedLine } from "../transcript/format.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

/**
 * `whole`: the text of the transcript on one line, identical to the output format `text`. `lines`: each segment on a
 * line. `times`: each segment on a line, with its start and end time.
 */
export type TextLayout = "whole" | "lines" | "times";

export class LiveText {
  readonly #layout: TextLayout;
  #isEmpty = true;
  /**
   * White space at the end of the last segment. It is written only before a further segment, not at the end of the
   * text.
   */
  #space = "";

  constructor(layout: TextLayout) {
    this.#layout = layout;
  }

  /** Whether the text so far ends in the middle of a line. */
  get isInLine(): boolean {
    return this.#layout === "whole" && !this.#isEmpty;
  }

  /** Returns the text to write for the next segment. Empty when the segment has no text. */
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

  /** Returns the text to write after the last segment. */
  end(): string {
    return this.isInLine ? "\n" : "";
  }
}

/** Returns the text of a complete transcript, for a file. */
export function layOut({ segments }: Transcript, layout: TextLayout): string {
  const text = new LiveText(layout);
  return segments.map((segment) => text.add(segment)).join("") + text.end();
}

/** The text of a transcript, segment by segment. */
import { timedLine } from "../transcript/format.ts";
import { TextDeltas } from "../transcript/text-deltas.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

/**
 * `whole`: the text as one line, exactly the format `text`. `lines`: a line for each segment. `times`: the same with
 * the times of the segment.
 */
export type TextLayout = "whole" | "lines" | "times";

export class LiveText {
  readonly #layout: TextLayout;
  readonly #deltas = new TextDeltas();

  constructor(layout: TextLayout) {
    this.#layout = layout;
  }

  /** Whether the last line is not finished. */
  get isInLine(): boolean {
    return this.#layout === "whole" && !this.#deltas.isEmpty;
  }

  /** What to write for the next segment; empty if the segment has no text. */
  add(segment: Segment): string {
    if (this.#layout === "whole") return this.#deltas.add(segment.text);
    if (segment.text.trim() === "") return "";
    if (this.#layout === "times") return `${timedLine(segment)}\n`;
    return `${segment.text.replace(/\s+/g, " ").trim()}\n`;
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

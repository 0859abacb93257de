/** Converts the segments of a transcript to text, one segment at a time. */
import { oneLine, timedLine } from "../../transcript/format.ts";
import { TextDeltas } from "../../transcript/text-deltas.ts";
import type { Segment, Transcript } from "../../transcript/transcript.ts";

/**
 * `whole`: the text of the transcript on one line, identical to the output format `text`. `lines`: each segment on a
 * line. `times`: each segment on a line, with its start and end time.
 */
export type TextLayout = "whole" | "lines" | "times";

export class LiveText {
  readonly #layout: TextLayout;
  readonly #deltas = new TextDeltas();

  constructor(layout: TextLayout) {
    this.#layout = layout;
  }

  /** Whether the text returned so far ends in the middle of a line. */
  get isInLine(): boolean {
    return this.#layout === "whole" && !this.#deltas.isEmpty;
  }

  /** Returns the text to write for the next segment. Empty when the segment has no text. */
  add(segment: Segment): string {
    if (this.#layout === "whole") return this.#deltas.add(segment.text);
    if (segment.text.trim() === "") return "";
    if (this.#layout === "times") return `${timedLine(segment)}\n`;
    return `${oneLine(segment.text)}\n`;
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

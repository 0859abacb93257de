/** Converts the segments of a transcript to text while the segments arrive. */
import { withChannel } from "../../transcript/channels.ts";
import { timedLine } from "../../transcript/format.ts";
import { oneLine } from "../../transcript/subtitles.ts";
import { TextDeltas } from "../../transcript/text-deltas.ts";
import type { Segment, Transcript } from "../../transcript/transcript.ts";

/**
 * Layout of the text. `whole`: all text on one line, the same as in the output format `text`. `lines`: one line for
 * each segment. `times`: one line for each segment, with the start and end time of the segment.
 */
export type TextLayout = "whole" | "lines" | "times";

export class LiveText {
  readonly #layout: TextLayout;
  readonly #deltas = new TextDeltas();

  constructor(layout: TextLayout) {
    this.#layout = layout;
  }

  /** Whether the text that was returned so far ends in the middle of a line. */
  get isInLine(): boolean {
    return this.#layout === "whole" && !this.#deltas.isEmpty;
  }

  /** Returns the text to write for the next segment. Empty when the segment has no text. */
  add(segment: Segment): string {
    if (this.#layout === "whole") return this.#deltas.add(segment);
    if (segment.text.trim() === "") return "";
    if (this.#layout === "times") return `${timedLine(segment)}\n`;
    return `${withChannel(oneLine(segment.text), segment.channel)}\n`;
  }

  /** Returns the text to write after the last segment. */
  end(): string {
    return this.isInLine ? "\n" : "";
  }
}

/** Returns the complete text of a transcript in the given layout. */
export function layOut({ segments }: Transcript, layout: TextLayout): string {
  const text = new LiveText(layout);
  return segments.map((segment) => text.add(segment)).join("") + text.end();
}

/**
 * Splits the text of a transcript into one part for each segment. All parts together are exactly the text of the
 * transcript. If each channel was transcribed on its own, a line with the name of the channel starts where the channel
 * changes.
 */
import { withChannel } from "./channels.ts";
import type { Segment } from "./transcript.ts";

export class TextDeltas {
  #isEmpty = true;
  /** White space at the end of the last segment. It is part of the text only if more text follows. */
  #space = "";
  /** Channel of the last segment with text. Undefined before it, and for a transcript without channels. */
  #channel: number | undefined;

  /** Whether all returned parts are empty so far. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Returns the part of the text that this segment adds. It is empty if the segment contains only white space. */
  add({ text: spoken, channel }: Pick<Segment, "text" | "channel">): string {
    const isTurn = channel !== this.#channel && spoken.trim() !== "";
    const lineBreak = isTurn && !this.#isEmpty ? "\n" : "";
    const text = isTurn || this.#isEmpty ? spoken.trimStart() : `${this.#space}${spoken}`;
    const visible = text.trimEnd();
    this.#space = text.slice(visible.length);
    if (visible === "") return "";
    this.#isEmpty = false;
    this.#channel = channel;
    return isTurn ? `${lineBreak}${withChannel(visible, channel)}` : visible;
  }
}

/** Returns the text of all segments. */
export function textOf(segments: readonly Pick<Segment, "text" | "channel">[]): string {
  const deltas = new TextDeltas();
  return segments.map((segment) => deltas.add(segment)).join("");
}

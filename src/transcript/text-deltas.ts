/**
 * Splits the text of a transcript into one part for each segment. All parts together are exactly the text of the
 * transcript.
 */

export class TextDeltas {
  #isEmpty = true;
  /** White space at the end of the last segment. It is part of the text only if more text follows. */
  #space = "";

  /** Whether all returned parts are empty so far. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Returns the part of the text that this segment adds. It is empty if the segment contains only white space. */
  add(segmentText: string): string {
    const text = this.#isEmpty ? segmentText.trimStart() : `${this.#space}${segmentText}`;
    const visible = text.trimEnd();
    this.#space = text.slice(visible.length);
    if (visible !== "") this.#isEmpty = false;
    return visible;
  }
}

/** The text of a transcript in parts, one for each segment. The parts joined are exactly the whole text, which is trimmed. */

export class TextDeltas {
  #isEmpty = true;
  /** Space at the end of the last segment. It belongs to the text only if more text follows. */
  #space = "";

  /** Whether no part has been returned yet. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The part that this segment adds; empty if the segment adds only space. */
  add(segmentText: string): string {
    const text = this.#isEmpty ? segmentText.trimStart() : `${this.#space}${segmentText}`;
    const visible = text.trimEnd();
    this.#space = text.slice(visible.length);
    if (visible !== "") this.#isEmpty = false;
    return visible;
  }
}

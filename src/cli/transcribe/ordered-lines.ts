/** Writes lines in the order of their numbers. The lines can be added in any order. */
export class OrderedLines {
  readonly #write: (text: string) => void;
  readonly #waiting = new Map<number, string>();
  #next = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Adds the line with this number, counted from 0. The text may be empty. */
  add(number: number, text: string): void {
    this.#waiting.set(number, text);
    for (;;) {
      const line = this.#waiting.get(this.#next);
      if (line === undefined) return;
      this.#waiting.delete(this.#next);
      this.#next += 1;
      if (line !== "") this.#write(line);
    }
  }

  /** Writes all lines that were added but not written yet. Skips the numbers for which no line was added. */
  close(): void {
    const left = [...this.#waiting].toSorted(([one], [other]) => one - other);
    this.#waiting.clear();
    for (const [, line] of left) if (line !== "") this.#write(line);
  }
}

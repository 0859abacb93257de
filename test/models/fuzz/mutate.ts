/** Damages files in a reproducible way: the same seed gives the same sequence of mutations. */

/** Returns random numbers from 0 to 1, without 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Mutator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** Returns a random integer from 0 to `end - 1`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("expected an item");
    return item;
  }

  /** Returns a copy of `bytes` with one to four mutations. */
  bytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let changed = new Uint8Array(bytes);
    for (let count = 1 + this.below(4); count > 0; count--) changed = this.#mutate(changed);
    return changed;
  }

  /** Returns the text with one to four mutations of its bytes, or with an inserted piece that is hard to parse. */
  text(text: string): string {
    if (this.below(4) > 0) return Buffer.from(this.bytes(Buffer.from(text))).toString("latin1");
    const at = this.below(text.length + 1);
    return text.slice(0, at) + this.pick(hardTexts) + text.slice(at);
  }

  #mutate(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const at = this.below(bytes.length);
    switch (this.below(6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.below(8));
        return bytes;
      case 1:
        bytes[at] = this.below(256);
        return bytes;
      case 2:
        return bytes.slice(0, at);
      case 3: {
        const [start, end] = [at, Math.min(bytes.length, at + 1 + this.below(64))];
        return new Uint8Array([...bytes.slice(0, end), ...bytes.slice(start)]);
      }
      default:
        return this.#setNumber(bytes, at - (at % 4));
    }
  }

  /**
   * Replaces a number of four bytes with an extreme value, because dimensions and lengths in a header have four bytes.
   */
  #setNumber(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
    if (at + 4 <= bytes.length) new DataView(bytes.buffer).setInt32(at, this.pick(extremes), true);
    return bytes;
  }
}

// --- internal ---

const extremes = [0, 1, -1, 3, 255, 65_535, 0x7fff_ffff, -0x8000_0000, 1_000_000_000, 51_864];

const hardTexts = [
  "[".repeat(20_000),
  '{"a":'.repeat(5000),
  "1e999",
  "-0",
  '"\\ud800"',
  "\u0000",
  "\n".repeat(1000),
  '"__proto__":{},',
  "<|startoftranscript|>\n",
  "<|transcribe|>\n",
  "9".repeat(5000),
];

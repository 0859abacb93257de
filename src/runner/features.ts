/** What an engine hears: samples as they are, or the features of them that it was trained on. */
import type { AudioLibrary } from "./audio-library.ts";
import { type Chunk, inputKind } from "./shim.ts";

const nMelsOf: ReadonlyMap<number, number> = new Map([
  [inputKind.logMel80, 80],
  [inputKind.logMel128, 128],
]);

/** Turns chunks of samples into chunks of features. */
export class Features {
  readonly #library: AudioLibrary;
  readonly #nMels: number;
  /** The calls on one chunk share its features. */
  #last: { readonly id: number; readonly features: Float32Array } | null = null;

  /** Null when the engine takes samples. `input` is the model's. */
  static for(input: number, library: AudioLibrary): Features | null {
    const nMels = nMelsOf.get(input);
    return nMels === undefined ? null : new Features(library, nMels);
  }

  private constructor(library: AudioLibrary, nMels: number) {
    this.#library = library;
    this.#nMels = nMels;
  }

  /** The chunk with features in place of its samples. */
  of(chunk: Chunk): Chunk {
    if (this.#last?.id !== chunk.id) {
      const features = this.#library.logMel(chunk.input, this.#nMels);
      this.#last = { id: chunk.id, features };
    }
    return { ...chunk, input: this.#last.features };
  }
}

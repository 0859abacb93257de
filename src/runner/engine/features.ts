/** Turns chunks of samples into the features that an engine was trained on, for engines that take features. */
import { type AudioLibrary, samplesPerFrame } from "../audio/audio-library.ts";
import { type AudioChunk, inputKind } from "./asr-structs.ts";

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
  of<T extends AudioChunk>(chunk: T): T {
    if (this.#last?.id !== chunk.id) {
      this.#last = { id: chunk.id, features: this.#compute(chunk.input) };
    }
    return { ...chunk, input: this.#last.features };
  }

  /** Computed over the whole buffer up to the chunk's end, then cut: the audio before the chunk sets the loudness, and is part of its first frame. */
  #compute({ buffer, byteOffset, length }: Float32Array): Float32Array {
    const before = byteOffset / Float32Array.BYTES_PER_ELEMENT;
    const all = this.#library.logMel(new Float32Array(buffer, 0, before + length), this.#nMels);
    const from = Math.floor(before / samplesPerFrame);
    if (from === 0) return all;
    const nFrames = all.length / this.#nMels;
    const features = new Float32Array(this.#nMels * (nFrames - from));
    for (let mel = 0; mel < this.#nMels; mel++) {
      const band = all.subarray(mel * nFrames + from, (mel + 1) * nFrames);
      features.set(band, mel * (nFrames - from));
    }
    return features;
  }
}

/** Computes features from samples. Some engines need features as their input. */
import { type AudioLibrary, samplesPerFrame } from "../audio/audio-library.ts";
import { type AudioChunk, inputKind } from "./asr-structs.ts";

const nMelsOf: ReadonlyMap<number, number> = new Map([
  [inputKind.logMel80, 80],
  [inputKind.logMel128, 128],
]);

/** Replaces the samples of chunks with features. */
export class Features {
  readonly #library: AudioLibrary;
  readonly #nMels: number;
  /** Features of the last chunk. If the next call has the same chunk, these features are returned again. */
  #last: { readonly id: number; readonly features: Float32Array } | null = null;

  /** `input` is the kind of input that the model takes. Returns null if the model takes samples instead of features. */
  static for(input: number, library: AudioLibrary): Features | null {
    const nMels = nMelsOf.get(input);
    return nMels === undefined ? null : new Features(library, nMels);
  }

  private constructor(library: AudioLibrary, nMels: number) {
    this.#library = library;
    this.#nMels = nMels;
  }

  /** Returns a copy of the chunk that contains features in place of samples. */
  of<T extends AudioChunk>(chunk: T): T {
    if (this.#last?.id !== chunk.id) {
      this.#last = { id: chunk.id, features: this.#compute(chunk.input) };
    }
    return { ...chunk, input: this.#last.features };
  }

  /**
   * Computes the features of a chunk. The chunk can be the last part of a longer chunk in the same buffer. If so,
   * computes the features from the start of the buffer, and removes the frames before the chunk. As in faster-whisper,
   * the earlier audio therefore influences the scale of the features and the first frame of the chunk.
   */
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

/** Makes chunks of a stream of samples: a cutter says where, the chunker holds the samples until then. */

import { ChunkBuffers } from "./chunk-buffers.ts";
import type { SpeechSpan, Span } from "./span.ts";
import type { SpeechTrack } from "./speech-track.ts";

export interface AudioChunk {
  /** Mono float32, in shared memory: the engine reads it from its own thread. */
  readonly samples: Float32Array<SharedArrayBuffer>;
  readonly startS: number;
  readonly durationS: number;
  /** Where in the chunk somebody speaks, in seconds from its start; null when nobody looked. */
  readonly speech: readonly SpeechSpan[] | null;
}

/** Says where to cut, while samples arrive. */
export interface Cutter {
  push(samples: Float32Array): void;
  /** No samples follow. */
  finish(): void;
  /** The next span that is decided, in order of time; null when there is none for now. */
  next(): Span | null;
  /** Samples before it are in no span to come. */
  readonly keepFrom: number;
}

export class Chunker {
  readonly #sampleRate: number;
  readonly #cutter: Cutter;
  readonly #track: SpeechTrack | null;
  readonly #buffers: ChunkBuffers;
  /** The samples from `#start` on. */
  #held = new Float32Array(0);
  #start = 0;
  #length = 0;

  constructor(
    sampleRate: number,
    cutter: Cutter,
    track: SpeechTrack | null = null,
    buffers = new ChunkBuffers(),
  ) {
    this.#sampleRate = sampleRate;
    this.#cutter = cutter;
    this.#track = track;
    this.#buffers = buffers;
  }

  /** Seconds taken in so far. */
  get durationS(): number {
    return (this.#start + this.#length) / this.#sampleRate;
  }

  push(samples: Float32Array): void {
    this.#forget(this.#cutter.keepFrom);
    if (this.#length + samples.length > this.#held.length) {
      const larger = new Float32Array(2 * (this.#length + samples.length));
      larger.set(this.#held.subarray(0, this.#length));
      this.#held = larger;
    }
    this.#held.set(samples, this.#length);
    this.#length += samples.length;
    this.#cutter.push(samples);
    this.#track?.push(samples);
  }

  finish(): void {
    this.#cutter.finish();
    this.#track?.finish();
  }

  /** The next chunk; null when more samples are needed, or, after the end, when there are no more. */
  take(): AudioChunk | null {
    const span = this.#cutter.next();
    if (span === null) return null;
    const { start, end } = span;
    const samples = this.#buffers.take(end - start);
    samples.set(this.#held.subarray(start - this.#start, end - this.#start));
    const rate = this.#sampleRate;
    const speech = this.#track?.within(span).map((one) => ({
      startS: (one.start - start) / rate,
      endS: (one.end - start) / rate,
    }));
    return {
      samples,
      startS: start / rate,
      durationS: (end - start) / rate,
      speech: speech ?? null,
    };
  }

  #forget(before: number): void {
    const n = Math.min(this.#length, Math.max(0, before - this.#start));
    this.#held.copyWithin(0, n, this.#length);
    this.#start += n;
    this.#length -= n;
  }
}

/**
 * Cuts a stream of samples into chunks. The cutter decides where to cut. The chunker stores the samples until the cutter
 * has decided.
 */

import { ChunkBuffers } from "./chunk-buffers.ts";
import type { SpeechSpan, Span } from "./span.ts";
import type { SpeechSpans } from "./speech-spans.ts";

export interface AudioChunk {
  /** Mono float32 in shared memory: the engine reads it from another thread. */
  readonly samples: Float32Array<SharedArrayBuffer>;
  readonly startS: number;
  readonly durationS: number;
  /** Spans of speech in the chunk, in seconds from its start; null if they were not requested. */
  readonly speech: readonly SpeechSpan[] | null;
}

/** Decides where to cut, while samples arrive. */
export interface Cutter {
  push(samples: Float32Array): void;
  /** The audio has ended. */
  finish(): void;
  /** The next decided span, in order of time; null if there is none yet. */
  next(): Span | null;
  /** No later span starts before this sample. The chunker discards older samples. */
  readonly keepFrom: number;
}

export class Chunker {
  readonly #sampleRate: number;
  readonly #cutter: Cutter;
  readonly #speechSpans: SpeechSpans | null;
  readonly #buffers: ChunkBuffers;
  /** Samples from position `#start` on. */
  #held = new Float32Array(0);
  #start = 0;
  #length = 0;

  constructor(
    sampleRate: number,
    cutter: Cutter,
    speechSpans: SpeechSpans | null = null,
    buffers = new ChunkBuffers(),
  ) {
    this.#sampleRate = sampleRate;
    this.#cutter = cutter;
    this.#speechSpans = speechSpans;
    this.#buffers = buffers;
  }

  /** Seconds of audio pushed so far. */
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
    this.#speechSpans?.push(samples);
  }

  finish(): void {
    this.#cutter.finish();
    this.#speechSpans?.finish();
  }

  /** The next chunk; null if it needs more samples, or if the audio has ended and no chunk is left. */
  take(): AudioChunk | null {
    const span = this.#cutter.next();
    if (span === null) return null;
    const { start, end } = span;
    const samples = this.#buffers.take(end - start);
    samples.set(this.#held.subarray(start - this.#start, end - this.#start));
    const rate = this.#sampleRate;
    const speech = this.#speechSpans?.within(span).map((one) => ({
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

/**
 * Cuts a stream of samples into chunks. The cutter chooses the positions of the cuts. The chunker stores the samples
 * until the cutter has chosen the next chunk.
 */

import { ChunkBuffers } from "./chunk-buffers.ts";
import type { SpeechSpan, Span } from "./span.ts";
import { type SpeechProbs, SpeechRecord } from "./speech-record.ts";
import type { SpeechSpans } from "./speech-spans.ts";
import type { Voice } from "./voice.ts";

export interface AudioChunk {
  /** Mono float32 samples in shared memory, because the engine reads them from another thread. */
  readonly samples: Float32Array<SharedArrayBuffer>;
  readonly startS: number;
  readonly durationS: number;
  /** Spans of speech in the chunk, in seconds from the start of the chunk; null if the job did not request spans. */
  readonly speech: readonly SpeechSpan[] | null;
  /** Probabilities of speech of the windows of the chunk; null if the job did not request probabilities. */
  readonly speechProbs: SpeechProbs | null;
}

/** Decides where to cut the audio, while its samples arrive. */
export interface Cutter {
  push(samples: Float32Array): void;
  /** Marks the end of the audio. The caller calls this function after the last `push`. */
  finish(): void;
  /**
   * Returns the span of the next chunk. The spans are in order of time. Returns null if the cutter needs more samples,
   * or if no span is left.
   */
  next(): Span | null;
  /** No later span starts before this position. Therefore the chunker discards the samples before it. */
  readonly keepFrom: number;
}

/** Sources of the facts about speech that are added to each chunk. */
export interface SpeechFacts {
  readonly speechSpans?: SpeechSpans | null;
  /** The voice activity that the cutter uses. It must have been opened with `keepsProbabilities`. */
  readonly voice?: Voice | null;
}

export class Chunker {
  readonly #sampleRate: number;
  readonly #cutter: Cutter;
  readonly #speechSpans: SpeechSpans | null;
  readonly #voice: Voice | null;
  /** Probabilities of speech of the stored samples. */
  readonly #record = new SpeechRecord();
  readonly #buffers: ChunkBuffers;
  /** Stored samples. The first stored sample is at position `#start` of the stream. */
  #held = new Float32Array(0);
  #start = 0;
  #length = 0;
  #audioFrom = 0;

  constructor(
    sampleRate: number,
    cutter: Cutter,
    { speechSpans = null, voice = null }: SpeechFacts = {},
    buffers = new ChunkBuffers(),
  ) {
    this.#sampleRate = sampleRate;
    this.#cutter = cutter;
    this.#speechSpans = speechSpans;
    this.#voice = voice;
    this.#buffers = buffers;
  }

  /** Length in seconds of the audio that was pushed so far. */
  get durationS(): number {
    return (this.#start + this.#length) / this.#sampleRate;
  }

  /**
   * Sets the position at which the audio of a video starts. Before this position, there is only silence. Therefore no
   * chunk starts earlier, even if the cutter adds silence before speech.
   */
  set audioFrom(position: number) {
    this.#audioFrom = position;
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
    this.#takeProbabilities();
  }

  finish(): void {
    this.#cutter.finish();
    this.#takeProbabilities();
  }

  /** Returns the next chunk; null if the chunker needs more samples, or if the audio has ended and no chunk is left. */
  take(): AudioChunk | null {
    const span = this.#nextSpan();
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
      speechProbs: this.#voice === null ? null : this.#record.within(start / rate, end / rate),
    };
  }

  #nextSpan(): Span | null {
    for (;;) {
      const span = this.#cutter.next();
      if (span === null) return null;
      const start = Math.max(span.start, this.#audioFrom);
      if (start < span.end) return { start, end: span.end };
    }
  }

  #takeProbabilities(): void {
    if (this.#voice !== null) this.#record.append(this.#voice.takeProbabilities());
  }

  #forget(before: number): void {
    const n = Math.min(this.#length, Math.max(0, before - this.#start));
    this.#held.copyWithin(0, n, this.#length);
    this.#start += n;
    this.#length -= n;
    this.#record.forget(this.#start / this.#sampleRate);
  }
}

/**
 * Finds the spans of speech that can contain words. A pause of `pauseMs` or longer ends a span. The regions from which
 * chunks are made contain such pauses, so these spans are shorter than the regions.
 */
import type { VadOptions } from "../../ipc/vad.ts";
import type { AudioLibrary } from "./audio-library.ts";
import type { Span } from "./span.ts";
import { openVoice, type Voice } from "./voice.ts";

/** Minimum length in milliseconds of a pause between spans. A shorter silence may be a part of a consonant. */
const pauseMs = 200;
/**
 * Time in milliseconds that is added before and after a span. Silero detects the first sound of a word too late, and
 * does not detect the last sound.
 */
const padMs = 60;

export class SpeechSpans implements Disposable {
  readonly #voice: Voice;
  /** Spans that were found so far, the oldest first. */
  #spans: Span[] = [];

  constructor(library: AudioLibrary, vad: VadOptions, rate: 16000 | 24000) {
    const fine = {
      ...vad,
      peakThreshold: vad.threshold,
      minSpeechMs: 0,
      minSilenceMs: pauseMs,
      speechPadMs: padMs,
    };
    this.#voice = openVoice(library, fine, { rate });
  }

  push(samples: Float32Array): void {
    this.#voice.push(samples);
  }

  finish(): void {
    this.#voice.finish();
  }

  /**
   * Returns the spans of speech in a chunk. The chunks must be passed in order of time. If voice activity has not yet
   * determined whether some audio is speech, this audio counts as speech.
   */
  within({ start, end }: Span): Span[] {
    this.#spans.push(...this.#voice.takeRegions());
    this.#spans = this.#spans.filter((span) => span.end > start);
    const { decided } = this.#voice;
    const found = decided < end ? [...this.#spans, { start: decided, end }] : this.#spans;
    return found
      .map((span) => ({ start: Math.max(start, span.start), end: Math.min(end, span.end) }))
      .filter((span) => span.start < span.end);
  }

  [Symbol.dispose](): void {
    this.#voice[Symbol.dispose]();
  }
}

/**
 * Finds the spans of speech that can contain words. A pause of `minSilenceMs` or longer ends a span. The regions from which
 * chunks are made contain such pauses, so these spans are shorter than the regions.
 */
import type { Span } from "./span.ts";
import type { Voice } from "./voice.ts";

/** The rules of the spans. */
export const spanRules = {
  /** Minimum length in milliseconds of a pause between spans. A shorter silence may be a part of a consonant. */
  minSilenceMs: 200,
  /**
   * Time in milliseconds that is added before and after a span. Silero detects the first sound of a word too late, and
   * does not detect the last sound.
   */
  padMs: 60,
};

export class SpeechSpans {
  readonly #voice: Voice;
  /** Spans that were found so far, the oldest first. */
  #spans: Span[] = [];

  /** `voice` was opened with `spanRules`. The caller pushes the samples to it. */
  constructor(voice: Voice) {
    this.#voice = voice;
  }

  /**
   * Returns the spans of speech in a chunk. The chunks must be passed in order of time. If voice activity has not yet
   * determined whether some audio is speech, this audio counts as speech.
   */
  within({ start, end }: Span): Span[] {
    this.#spans.push(...this.#voice.takeSpans());
    this.#spans = this.#spans.filter((span) => span.end > start);
    const { spansDecided: decided } = this.#voice;
    const found = decided < end ? [...this.#spans, { start: decided, end }] : this.#spans;
    return found
      .map((span) => ({ start: Math.max(start, span.start), end: Math.min(end, span.end) }))
      .filter((span) => span.start < span.end);
  }
}

/**
 * Cuts audio into spans of speech. A span contains as many regions of speech as fit into the maximum length of a chunk.
 * The silence between two regions of a span is at most `gapMaxS` long.
 *
 * A span normally ends in the silence after a region. If a region is longer than the maximum, it is cut at its quietest
 * pause. This happens even before the region ends, so that the stored audio is at most about two spans long.
 */
import type { VadOptions } from "../../ipc/vad.ts";
import type { Cutter } from "./chunker.ts";
import { Pauses } from "./pauses.ts";
import type { Span } from "./span.ts";
import type { Voice } from "./voice.ts";

/** Maximum length in seconds of silence inside a chunk. Whisper invents text for longer silence. */
const gapMaxS = 3;
/** Minimum length in seconds of what is left of a region after a cut. From a shorter piece, Whisper makes words that nobody said. */
const restMinS = 1;
/** Length of a window of the voice activity network, in milliseconds. */
const windowMs = 32;

export class SpeechCutter implements Cutter {
  readonly #voice: Voice;
  readonly #pauses: Pauses;
  readonly #lengthMax: number;
  readonly #gapMax: number;
  readonly #restMin: number;
  /** Number of samples of silence after which a region ends. */
  readonly #silenceMax: number;
  /** Number of samples that voice activity usually needs to determine whether a new sound is the start of a region. */
  readonly #undecidedMax: number;
  readonly #regions: Span[] = [];
  /** The current span. The next region may be added to it. */
  #open: Span | null = null;
  #pushed = 0;
  /** Position in the current region. The audio before this position was cut off or discarded. */
  #cut = 0;
  #finished = false;

  /** `voice` must have been created with the options `vad`. */
  constructor(voice: Voice, vad: VadOptions, sampleRate: number, chunkMaxS: number) {
    this.#voice = voice;
    this.#pauses = new Pauses(sampleRate);
    this.#lengthMax = Math.floor(chunkMaxS * sampleRate);
    this.#gapMax = gapMaxS * sampleRate;
    this.#restMin = Math.min(restMinS * sampleRate, Math.floor(this.#lengthMax / 4));
    this.#silenceMax = Math.ceil(((vad.minSilenceMs + windowMs) / 1000) * sampleRate);
    const undecidedMs = vad.speechPadMs + vad.minSpeechMs + vad.minSilenceMs + 2 * windowMs;
    this.#undecidedMax = Math.ceil((undecidedMs / 1000) * sampleRate);
  }

  get keepFrom(): number {
    return this.#open?.start ?? this.#regions[0]?.start ?? this.#undecided;
  }

  push(samples: Float32Array): void {
    this.#pauses.forget(this.keepFrom);
    this.#pauses.push(samples);
    this.#pushed += samples.length;
    this.#voice.push(samples);
    this.#takeRegions();
    if (!this.#voice.isOpen) this.#forget();
  }

  finish(): void {
    this.#voice.finish();
    this.#takeRegions();
    this.#finished = true;
  }

  next(): Span | null {
    for (;;) {
      const region = this.#regions[0] ?? this.#ongoing();
      const open = this.#open;
      if (open !== null && (region === null ? this.#isComplete(open) : !this.#fits(open, region))) {
        this.#open = null;
        return open;
      }
      if (region === null) return null;
      if (region.end - region.start > this.#lengthMax) return this.#cutOff(region);
      this.#regions.shift();
      this.#open = { start: open?.start ?? region.start, end: region.end };
    }
  }

  /**
   * Position before which no later region can start. No region can start before `#cut`, because the audio before `#cut`
   * was cut off or discarded.
   */
  get #undecided(): number {
    return Math.max(this.#cut, this.#voice.decided);
  }

  #takeRegions(): void {
    for (const { start, end } of this.#voice.takeRegions()) {
      const region = { start: Math.max(start, this.#cut), end };
      if (region.start < region.end) this.#regions.push(region);
    }
  }

  /**
   * If a sound is not a region yet, discards its oldest audio. Keeps enough audio for one span of maximum length, and
   * enough audio for voice activity to determine whether the sound is speech.
   */
  #forget(): void {
    const waiting = this.#pushed - this.#voice.judged;
    const held = Math.max(this.#lengthMax, this.#undecidedMax + waiting);
    this.#cut = Math.max(this.#cut, this.#pushed - held);
  }

  /**
   * Returns the part of the unfinished region that was processed so far, but only if this part is too long for a chunk,
   * and a cut leaves enough of it, even if the last part is already the silence after the region. Otherwise returns null.
   */
  #ongoing(): Span | null {
    const ongoing = { start: this.#undecided, end: this.#voice.judged };
    const lengthMax = Math.max(this.#lengthMax, this.#undecidedMax);
    const restMin = this.#restMin + this.#silenceMax;
    return ongoing.end - ongoing.start > lengthMax + restMin ? ongoing : null;
  }

  /** Cuts a span off the start of a region that is longer than the maximum. */
  #cutOff({ start, end }: Span): Span {
    const latest = Math.min(start + this.#lengthMax, end - this.#restMin);
    const cut = this.#pauses.deepest({ start, end: latest });
    if (this.#regions.length > 0) this.#regions[0] = { start: cut, end };
    else this.#cut = cut;
    return { start, end: cut };
  }

  #fits(open: Span, region: Span): boolean {
    return region.end - open.start <= this.#lengthMax && region.start - open.end <= this.#gapMax;
  }

  /**
   * Returns whether the span is complete. A span is complete if the audio has ended, or if the silence after the span
   * is too long for another region to be added.
   */
  #isComplete(open: Span): boolean {
    return this.#finished || this.#undecided - open.end > this.#gapMax;
  }
}

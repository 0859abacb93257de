/**
 * Cuts audio into short feeds for a model that hears a stream: each begins where the one before ended, while speech goes on.
 *
 * With voice activity, silence longer than `gapMaxS` is left out; the next feed after it does not follow the one before.
 */
import type { VadOptions } from "../../ipc/vad.ts";
import type { Cutter } from "./chunker.ts";
import type { Span } from "./span.ts";
import type { Voice } from "./voice.ts";

/** Longest feed: other jobs use the lane between two. */
const feedS = 2;
/** Silence as long as this stays between two regions of speech. */
const gapMaxS = 3;
/** Longest audio that is held for an undecided sound, in addition to the times of voice activity's options. */
const undecidedS = 30;

export interface SpeechSource {
  readonly voice: Voice;
  readonly vad: VadOptions;
}

export class FeedCutter implements Cutter {
  /** Null: all audio is fed. */
  readonly #voice: Voice | null;
  readonly #feed: number;
  readonly #gapMax: number;
  readonly #undecidedMax: number;
  readonly #regions: Span[] = [];
  /** Where the next feed begins if it follows the last one. */
  #at = 0;
  /** Whether a feed came before `#at`: else a region starts anywhere. */
  #isFollowing = false;
  #now = 0;
  /** Before it nothing is fed any more. */
  #forgotten = 0;
  #finished = false;

  constructor(sampleRate: number, speech: SpeechSource | null) {
    this.#voice = speech?.voice ?? null;
    this.#feed = feedS * sampleRate;
    this.#gapMax = gapMaxS * sampleRate;
    const vad = speech?.vad;
    const ownMs = vad === undefined ? 0 : vad.speechPadMs + vad.minSpeechMs + vad.minSilenceMs;
    this.#undecidedMax = Math.ceil((undecidedS + ownMs / 1000) * sampleRate);
  }

  get keepFrom(): number {
    if (this.#voice === null) return this.#at;
    const next = this.#regions[0]?.start ?? Math.max(this.#forgotten, this.#voice.decided);
    return this.#follows(next) ? this.#at : next;
  }

  push(samples: Float32Array): void {
    this.#now += samples.length;
    if (this.#voice === null) return;
    this.#voice.push(samples);
    this.#takeRegions(this.#voice);
    // Discards the oldest audio of a sound that stays undecided.
    const { isOpen, judged, decided } = this.#voice;
    if (!isOpen && judged - decided > this.#undecidedMax) {
      this.#forgotten = judged - this.#undecidedMax;
    }
  }

  finish(): void {
    this.#finished = true;
    if (this.#voice === null) return;
    this.#voice.finish();
    this.#takeRegions(this.#voice);
  }

  next(): Span | null {
    for (;;) {
      const region = this.#regions[0] ?? this.#ongoing();
      if (region === null) return null;
      const start = this.#follows(region.start) ? this.#at : region.start;
      const end = Math.min(region.end, start + this.#feed);
      const isWhole = end - start === this.#feed || this.#regions.length > 0 || this.#finished;
      if (end > start && isWhole) return this.#cut({ start, end });
      if (this.#regions.length === 0) return null;
      this.#regions.shift();
    }
  }

  #cut(span: Span): Span {
    this.#at = span.end;
    this.#isFollowing = true;
    return span;
  }

  /** Whether audio from there on continues the last feed: then the silence between them is fed too. */
  #follows(start: number): boolean {
    if (this.#voice === null) return true;
    return this.#isFollowing && start - this.#at <= this.#gapMax;
  }

  #takeRegions(voice: Voice): void {
    for (const { start, end } of voice.takeRegions()) {
      const region = { start: Math.max(start, this.#forgotten), end };
      if (region.start < region.end) this.#regions.push(region);
    }
  }

  /** Speech that is not over yet. */
  #ongoing(): Span | null {
    if (this.#voice === null) return { start: this.#at, end: this.#now };
    if (!this.#voice.isOpen || this.#finished) return null;
    return { start: Math.max(this.#forgotten, this.#voice.decided), end: this.#voice.judged };
  }
}

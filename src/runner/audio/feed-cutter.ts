/**
 * Cuts audio into short feeds for a streaming model. While speech continues, each feed starts where the previous feed
 * ended.
 *
 * With voice activity, silence longer than `gapMaxS` is not fed to the model. The next feed then starts after the
 * silence.
 */
import type { VadOptions } from "../../ipc/vad.ts";
import type { Cutter } from "./chunker.ts";
import type { Span } from "./span.ts";
import type { Voice } from "./voice.ts";

/** Maximum length of a feed in seconds. Other jobs can use the lane between two feeds. */
export const feedS = 2;
/**
 * Maximum length in seconds of a silence that is fed to the model. A longer silence between two regions is left out.
 */
const gapMaxS = 3;
/**
 * When a sound starts, its audio is stored until voice activity determines whether the sound is speech. This is the
 * maximum length of the stored audio in seconds. The times in the voice activity options are added to it.
 */
const undecidedS = 30;

export interface SpeechSource {
  readonly voice: Voice;
  readonly vad: VadOptions;
}

export class FeedCutter implements Cutter {
  /** Voice activity of the stream. If it is null, all audio is fed. */
  readonly #voice: Voice | null;
  readonly #feed: number;
  readonly #gapMax: number;
  readonly #undecidedMax: number;
  readonly #regions: Span[] = [];
  /** End position of the last feed. A feed that continues the last feed starts at this position. */
  #at = 0;
  /** Whether a feed was already cut. The first feed cannot continue another feed. */
  #isFollowing = false;
  #now = 0;
  /** Start of the stored audio. Older audio was discarded. */
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
    // The audio of a sound is stored until voice activity determines whether the sound is speech. If this takes too
    // long, discards the oldest audio of the sound.
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

  /**
   * Returns whether audio that starts at `start` continues the last feed. If it does, the next feed also contains the
   * short silence between the last feed and `start`.
   */
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

  /**
   * Returns the part of the current region that was processed so far. The end of this region is not final yet. Null if
   * there is no such region. Without voice activity, returns all audio after the last feed.
   */
  #ongoing(): Span | null {
    if (this.#voice === null) return { start: this.#at, end: this.#now };
    if (!this.#voice.isOpen || this.#finished) return null;
    return { start: Math.max(this.#forgotten, this.#voice.decided), end: this.#voice.judged };
  }
}

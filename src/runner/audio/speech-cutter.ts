/**
 * Cuts audio into spans of speech: regions of voice activity, packed up to what an engine takes at once.
 *
 * Spans end in the silence between two regions. A region that is longer than a span may be is cut in its deepest pause,
 * while it still goes on: however long somebody speaks, no more than a span or two is held.
 */
import type { VadOptions } from "../../ipc/vad.ts";
import type { Cutter } from "./chunker.ts";
import { Pauses } from "./pauses.ts";
import type { Span } from "./span.ts";
import type { Voice } from "./voice.ts";

/** Silence longer than this is not kept inside a chunk: Whisper fills it with words. */
const gapMaxS = 3;
/** What is heard is judged in windows. */
const windowMs = 32;

export class SpeechCutter implements Cutter {
  readonly #voice: Voice;
  readonly #pauses: Pauses;
  readonly #lengthMax: number;
  readonly #gapMax: number;
  /** Voice activity knows after this much whether a sound is the start of a region, unless its peak comes late. */
  readonly #undecidedMax: number;
  readonly #regions: Span[] = [];
  /** Packed so far; the next region may still join it. */
  #open: Span | null = null;
  #pushed = 0;
  /** Where what goes on was cut off, or forgotten before. */
  #cut = 0;
  #finished = false;

  /** `voice` finds speech as `vad` says. */
  constructor(voice: Voice, vad: VadOptions, sampleRate: number, chunkMaxS: number) {
    this.#voice = voice;
    this.#pauses = new Pauses(sampleRate);
    this.#lengthMax = Math.floor(chunkMaxS * sampleRate);
    this.#gapMax = gapMaxS * sampleRate;
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
      if (open !== null && (region === null ? this.#isAlone(open) : !this.#fits(open, region))) {
        this.#open = null;
        return open;
      }
      if (region === null) return null;
      if (region.end - region.start > this.#lengthMax) return this.#cutOff(region);
      this.#regions.shift();
      this.#open = { start: open?.start ?? region.start, end: region.end };
    }
  }

  /** Before it, all regions are known, and cut as far as they have to be. */
  get #undecided(): number {
    return Math.max(this.#cut, this.#voice.decided);
  }

  #takeRegions(): void {
    for (const { start, end } of this.#voice.takeRegions()) {
      const region = { start: Math.max(start, this.#cut), end };
      if (region.start < region.end) this.#regions.push(region);
    }
  }

  /** What may still become a region is held for as long as a span, and at least until it is decided. */
  #forget(): void {
    const waiting = this.#pushed - this.#voice.judged;
    const held = Math.max(this.#lengthMax, this.#undecidedMax + waiting);
    this.#cut = Math.max(this.#cut, this.#pushed - held);
  }

  /** The region that is not over yet, once it is too long for a span. */
  #ongoing(): Span | null {
    const ongoing = { start: this.#undecided, end: this.#voice.judged };
    const lengthMax = Math.max(this.#lengthMax, this.#undecidedMax);
    return ongoing.end - ongoing.start > lengthMax ? ongoing : null;
  }

  /** The first span of a region that is longer. */
  #cutOff({ start, end }: Span): Span {
    const cut = this.#pauses.deepest({ start, end: start + this.#lengthMax });
    if (this.#regions.length > 0) this.#regions[0] = { start: cut, end };
    else this.#cut = cut;
    return { start, end: cut };
  }

  #fits(open: Span, region: Span): boolean {
    return region.end - open.start <= this.#lengthMax && region.start - open.end <= this.#gapMax;
  }

  /** Whether no region to come can join: each would begin too late. */
  #isAlone(open: Span): boolean {
    return this.#finished || this.#undecided - open.end > this.#gapMax;
  }
}

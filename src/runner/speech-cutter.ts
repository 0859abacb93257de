/** Cuts audio into spans of speech: regions of voice activity, packed up to what an engine takes at once. */
import type { VoiceActivity } from "./audio-library.ts";
import type { Cutter, Span } from "./chunker.ts";

/** Silence longer than this is not kept inside a chunk: Whisper fills it with words. */
const gapMaxS = 3;

export class SpeechCutter implements Cutter {
  readonly #voice: VoiceActivity;
  readonly #lengthMax: number;
  readonly #gapMax: number;
  readonly #regions: Span[] = [];
  /** Packed so far; the next region may still join it. */
  #open: Span | null = null;
  #finished = false;

  /** `voice` must give no region longer than `chunkMaxS`. */
  constructor(voice: VoiceActivity, sampleRate: number, chunkMaxS: number) {
    this.#voice = voice;
    this.#lengthMax = Math.floor(chunkMaxS * sampleRate);
    this.#gapMax = gapMaxS * sampleRate;
  }

  get keepFrom(): number {
    return this.#open?.start ?? this.#regions[0]?.start ?? this.#voice.decided;
  }

  push(samples: Float32Array): void {
    this.#voice.push(samples);
    this.#regions.push(...this.#voice.takeRegions());
  }

  finish(): void {
    this.#voice.finish();
    this.#regions.push(...this.#voice.takeRegions());
    this.#finished = true;
  }

  next(): Span | null {
    for (;;) {
      const region = this.#regions[0];
      const open = this.#open;
      if (
        open !== null &&
        (region === undefined ? this.#isAlone(open) : !this.#fits(open, region))
      ) {
        this.#open = null;
        return open;
      }
      if (region === undefined) return null;
      this.#regions.shift();
      this.#open = { start: open?.start ?? region.start, end: region.end };
    }
  }

  #fits(open: Span, region: Span): boolean {
    return region.end - open.start <= this.#lengthMax && region.start - open.end <= this.#gapMax;
  }

  /** Whether no region to come can join: each would begin too late. */
  #isAlone(open: Span): boolean {
    return this.#finished || this.#voice.decided - open.end > this.#gapMax;
  }
}

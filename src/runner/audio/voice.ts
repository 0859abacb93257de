/** Voice activity on a stream of any rate that models take: the network itself hears 16 kHz. */
import type { VadOptions } from "../../ipc/vad.ts";
import { type AudioLibrary, VoiceActivity } from "./audio-library.ts";
import { Downsampler } from "./downsampler.ts";
import type { Span } from "./span.ts";

/** Where in a stream somebody speaks; positions count samples of the stream. */
export interface Voice extends Disposable {
  push(samples: Float32Array): void;
  finish(): void;
  /** Regions finished since the last call. */
  takeRegions(): Span[];
  /** What lies before this sample and in no region so far is silence. */
  readonly decided: number;
  /** How many samples the network has judged: it hears them seconds after they were pushed. */
  readonly judged: number;
  /** Whether a region starts there that is not over yet; else what goes on may still become none. */
  readonly isOpen: boolean;
}

export function openVoice(library: AudioLibrary, vad: VadOptions, rate: 16000 | 24000): Voice {
  const voice = new VoiceActivity(library, vad);
  return rate === 16000 ? voice : new DownsampledVoice(voice);
}

// --- internal ---

/** Samples of a stream at 24 kHz for each one at 16 kHz. */
const ratio = 24000 / 16000;

class DownsampledVoice implements Voice {
  readonly #voice: VoiceActivity;
  readonly #downsampler = new Downsampler();
  #pushed = 0;

  constructor(voice: VoiceActivity) {
    this.#voice = voice;
  }

  push(samples: Float32Array): void {
    this.#pushed += samples.length;
    this.#voice.push(this.#downsampler.push(samples));
  }

  finish(): void {
    this.#voice.push(this.#downsampler.finish());
    this.#voice.finish();
  }

  takeRegions(): Span[] {
    const regions = this.#voice.takeRegions();
    return regions.map(({ start, end }) => ({ start: this.#at(start), end: this.#at(end) }));
  }

  get decided(): number {
    return this.#at(this.#voice.decided);
  }

  get judged(): number {
    return this.#at(this.#voice.judged);
  }

  get isOpen(): boolean {
    return this.#voice.isOpen;
  }

  [Symbol.dispose](): void {
    this.#voice[Symbol.dispose]();
  }

  /** A stream need not end at a whole sample of 16 kHz. */
  #at(position: number): number {
    return Math.min(this.#pushed, Math.round(position * ratio));
  }
}

/** Finds voice activity in a stream at 16 or 24 kHz. The network needs 16 kHz, so a stream at 24 kHz is converted. */
import type { VadOptions } from "../../ipc/vad.ts";
import { type AudioLibrary, VoiceActivity, type VoiceResults } from "./audio-library.ts";
import { Downsampler } from "./downsampler.ts";
import type { Span } from "./span.ts";

/** Finds regions of speech in a stream. Positions count samples of the stream. */
export interface Voice extends Disposable {
  push(samples: Float32Array): void;
  finish(): void;
  /** Returns the regions that became final since the last call. */
  takeRegions(): Span[];
  /** Returns the spans that became final since the last call; none if the stream finds no spans. */
  takeSpans(): Span[];
  /**
   * Returns the probabilities of speech of the windows that the network has processed since the last call. Each window
   * is 32 ms long. The first window starts at the start of the stream. Returns an empty array if the probabilities are
   * not kept.
   */
  takeProbabilities(): Float32Array;
  /**
   * Position up to which voice activity has separated speech from silence. Before this position, the audio in final
   * regions is speech, and all other audio is silence. A region that becomes final later does not start before this
   * position.
   */
  readonly decided: number;
  /** Position up to which the spans were found, as `decided` for regions. */
  readonly spansDecided: number;
  /**
   * Number of samples that the network has processed. Until `finish` is called, the network is a few seconds behind the
   * last pushed sample.
   */
  readonly judged: number;
  /**
   * Whether a region starts at `decided` and its end is not final yet. False if there is no sound at `decided`, or if
   * voice activity has not determined yet whether the sound is speech.
   */
  readonly isOpen: boolean;
}

/** Opens the voice activity of a stream. */
export function openVoice(
  library: AudioLibrary,
  vad: VadOptions,
  { rate, ...results }: VoiceOptions,
): Voice {
  const voice = new VoiceActivity(library, vad, results);
  return rate === 16000 ? voice : new DownsampledVoice(voice);
}

// --- internal ---

interface VoiceOptions extends VoiceResults {
  readonly rate: 16000 | 24000;
}

/** Number of samples at 24 kHz per sample at 16 kHz. */
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
    return this.#inStream(this.#voice.takeRegions());
  }

  takeSpans(): Span[] {
    return this.#inStream(this.#voice.takeSpans());
  }

  takeProbabilities(): Float32Array {
    return this.#voice.takeProbabilities();
  }

  get decided(): number {
    return this.#at(this.#voice.decided);
  }

  get spansDecided(): number {
    return this.#at(this.#voice.spansDecided);
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

  #inStream(spans: readonly Span[]): Span[] {
    return spans.map(({ start, end }) => ({ start: this.#at(start), end: this.#at(end) }));
  }

  /** Converts a position at 16 kHz to a position in the stream. The result is at most the end of the stream. */
  #at(position: number): number {
    return Math.min(this.#pushed, Math.round(position * ratio));
  }
}

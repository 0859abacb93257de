/** Calls the C functions that ffi/audio/asr_audio.h, asr_vad.h and asr_mel.h declare. */
import { type Library, type Pointer, FFIType as t, ptr } from "bun:ffi";
import { AsrError, type ErrorCode } from "../../errors.ts";
import { openNativeLibrary } from "../native-library.ts";
import { peakThreshold, vadGainMaxDb, type VadOptions } from "../../ipc/vad.ts";
import type { Span } from "./span.ts";
import { type ForeignFormat, UnsupportedAudio } from "./unsupported-audio.ts";
import type { AudioLimit, AudioLimits, LimitSettings } from "../../ipc/protocol.ts";

const abiVersion = 11;

const symbols = {
  asr_audio_abi_version: { args: [], returns: t.i32 },
  asr_audio_last_error: { args: [], returns: t.cstring },
  asr_audio_last_foreign: { args: [t.ptr], returns: t.i32 },
  asr_audio_decoder_open: { args: [t.cstring, t.ptr, t.ptr], returns: t.i32 },
  asr_audio_decoder_get_info: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_audio_decoder_read: { args: [t.ptr, t.ptr, t.i64_fast], returns: t.i64_fast },
  asr_audio_decoder_close: { args: [t.ptr], returns: t.void },
  asr_vad_open: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_vad_push: { args: [t.ptr, t.ptr, t.i64_fast], returns: t.i32 },
  asr_vad_finish: { args: [t.ptr], returns: t.i32 },
  asr_vad_get_regions: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_vad_get_spans: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_vad_get_probabilities: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_vad_decided: { args: [t.ptr], returns: t.i64_fast },
  asr_vad_spans_decided: { args: [t.ptr], returns: t.i64_fast },
  asr_vad_is_open: { args: [t.ptr], returns: t.i32 },
  asr_vad_judged: { args: [t.ptr], returns: t.i64_fast },
  asr_vad_close: { args: [t.ptr], returns: t.void },
  asr_mel_compute: {
    args: [t.i32, t.ptr, t.i64_fast, t.i64_fast, t.ptr, t.i64_fast],
    returns: t.i32,
  },
} as const;

/**
 * Maps a value of `enum asr_audio_status` to the error code and the names of the limits that were exceeded. A status
 * that is not in this table is an internal error.
 */
const statuses: Readonly<Record<number, readonly [ErrorCode, ...AudioLimit[]]>> = {
  [-2]: ["unsupported_audio"],
  [-3]: ["invalid_audio"],
  [-4]: ["invalid_audio"],
  [-5]: ["client_closed_request"],
  [-8]: ["audio_too_long", "durationSMax"],
  [-9]: ["audio_limit_exceeded", "channelsMax"],
  [-10]: ["audio_limit_exceeded", "rateMin", "rateMax"],
  [-11]: ["audio_limit_exceeded", "samplesMax"],
  [-12]: ["audio_limit_exceeded", "wallMsMax"],
  [-13]: ["audio_limit_exceeded", "memoryBytesMax"],
  [-15]: ["invalid_request"],
  [-16]: ["unsupported_value"],
};

/** ASR_AUDIO_UNSUPPORTED: the format is not supported. */
const unsupported = -2;
/**
 * Maps ASR_AUDIO_NO_TRACK and ASR_AUDIO_NO_CHANNEL to the field of the request that the file cannot fulfil. The other
 * statuses concern the field `file`.
 */
const params: Readonly<Record<number, string>> = { [-15]: "audio_track", [-16]: "channel" };
/** ASR_AUDIO_NOTHING_YET: the time slice of a read call ended before the buffer was full. */
const nothingYet = -14;

export interface AudioOptions {
  readonly sampleRate: 16000 | 24000;
  /** Limits on the audio. If a limit is missing, the default of the library applies. */
  readonly limits: Partial<AudioLimits>;
  /** Names of the settings that change the limits. Error messages contain these names. */
  readonly limitSettings?: LimitSettings;
  /** The track to decode. If it is absent, the best track is decoded. */
  readonly track?: TrackOption;
  /** Number of the channel to decode, from 1. If it is null or absent, all channels are mixed. */
  readonly channel?: number | null;
}

/** Selects an audio track by its number from 1, or by its rank from 0. The best track has rank 0. */
type TrackOption = { readonly number: number } | { readonly rank: number };

/** The position of the decoded track among the audio tracks of a file. */
export interface TrackPlace {
  /** Number of the track, from 1. */
  readonly number: number;
  /** Number of audio tracks in the file. */
  readonly tracks: number;
  /** Number of decodable tracks that follow this track in the order of ranks. */
  readonly left: number;
}

/** An open audio library. The main thread must open the library before any Worker opens it. */
export class AudioLibrary {
  readonly #library: Library<typeof symbols>;

  constructor(path: string) {
    this.#library = openNativeLibrary(path, symbols, {
      kind: "audio",
      header: "asr_audio.h",
      version: abiVersion,
      readVersion: (c) => c.asr_audio_abi_version(),
    });
  }

  get c(): Library<typeof symbols>["symbols"] {
    return this.#library.symbols;
  }

  /**
   * Computes Whisper's features of at least 160 samples at 16 kHz. The result has the shape [nMels, samples / 160],
   * row-major.
   *
   * As in faster-whisper, one frame of zeros is added after the samples. The features are scaled by their maximum,
   * which the added frame can change. The result does not contain the added frame.
   */
  logMel(samples: Float32Array, nMels: number): Float32Array {
    const frames = Math.floor(samples.length / samplesPerFrame);
    const features = new Float32Array(nMels * frames);
    const code = this.c.asr_mel_compute(
      nMels,
      ptr(samples),
      samples.length,
      samplesPerFrame,
      ptr(features),
      frames,
    );
    this.check(code, "compute the features");
    return features;
  }

  check(code: number, action: string, settings: LimitSettings = {}): void {
    if (code >= 0) return;
    const [kind, ...limits] = statuses[code] ?? (["internal_error"] as const);
    const reason = this.c.asr_audio_last_error()?.toString() ?? `Cannot ${action}`;
    const foreign = code === unsupported ? this.#lastForeign() : null;
    if (foreign !== null) throw new UnsupportedAudio(reason, foreign);
    const parts = [
      reason,
      ...limits
        .map((limit) => settings[limit])
        .filter((name) => name !== undefined)
        .map((name) => `the operator can change ${name}`),
    ];
    throw new AsrError(kind, parts.join("; "), { param: params[code] ?? "file" });
  }

  /** Returns how ffmpeg can read the file of the last failed call; null if it cannot. */
  #lastForeign(): ForeignFormat | null {
    const foreign = new DataView(new ArrayBuffer(40));
    this.c.asr_audio_last_foreign(ptr(foreign));
    const name = new Uint8Array(foreign.buffer, 0, 32);
    const demuxer = new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
    const [track, tracks] = [32, 36].map((at) => foreign.getUint32(at, true) || null);
    return demuxer === "" ? null : { demuxer, track: track!, tracks: tracks! };
  }
}

/** Number of samples per frame of Whisper's features: 10 ms at 16 kHz. */
export const samplesPerFrame = 160;

/** Decodes an audio file to mono float32. `read` blocks the thread that calls it. */
export class AudioDecoder implements Disposable {
  readonly sampleRate: number;
  readonly #library: AudioLibrary;
  /**
   * Flag in shared memory. The native decoder reads the flag until the decoder is closed. This field keeps the memory
   * alive until then.
   */
  readonly #cancel: Int32Array;
  readonly #settings: LimitSettings;
  #pointer: Pointer | null;

  /** `cancel` is a flag in shared memory. Another thread sets it to stop a read. */
  constructor(library: AudioLibrary, path: string, options: AudioOptions, cancel: Int32Array) {
    const written = encodeOptions(options, cancel);
    const out = new BigUint64Array(1);
    this.#settings = options.limitSettings ?? {};
    const code = library.c.asr_audio_decoder_open(path, ptr(written), ptr(out));
    library.check(code, "open the audio", this.#settings);
    this.sampleRate = options.sampleRate;
    this.#library = library;
    this.#cancel = cancel;
    this.#pointer = Number(out[0]) as Pointer;
  }

  /** Length of the audio in seconds, as the file declares it; null if the file declares no length. */
  get durationS(): number | null {
    const durationS = this.#info().getFloat64(72, true);
    return durationS >= 0 ? durationS : null;
  }

  /** Number of channels of the track. */
  get channels(): number {
    return this.#info().getUint32(68, true);
  }

  get track(): TrackPlace {
    const info = this.#info();
    const [number, tracks, left] = [80, 84, 88].map((at) => info.getUint32(at, true));
    return { number: number!, tracks: tracks!, left: left! };
  }

  /**
   * Fills `samples` and returns the number of samples. At the end of the file, fills only a part of `samples`. Returns
   * null if the time slice ended before `samples` was full. In this case, call `read` again.
   */
  read(samples: Float32Array): number | null {
    if (this.#cancel[0] !== 0) throw new AsrError("client_closed_request", "Cancelled");
    const n = Number(
      this.#library.c.asr_audio_decoder_read(this.#open(), ptr(samples), samples.length),
    );
    if (n === nothingYet) return null;
    this.#library.check(n, "decode the audio", this.#settings);
    return n;
  }

  [Symbol.dispose](): void {
    if (this.#pointer !== null) this.#library.c.asr_audio_decoder_close(this.#pointer);
    this.#pointer = null;
  }

  /**
   * Number of samples of silence before the audio. This number is 0 unless the audio starts later than the video. It is
   * known after the first read.
   */
  get lateSamples(): number {
    return this.#info().getUint32(92, true);
  }

  /** Returns `struct asr_audio_info`. */
  #info(): DataView {
    const info = new DataView(new ArrayBuffer(96));
    const code = this.#library.c.asr_audio_decoder_get_info(this.#open(), ptr(info));
    this.#library.check(code, "read the audio");
    return info;
  }

  #open(): Pointer {
    if (this.#pointer === null) throw new Error("the audio decoder is closed");
    return this.#pointer;
  }
}

/** Encodes `struct asr_audio_options`. A field that is 0 selects the library's default. */
function encodeOptions(
  { sampleRate, limits, track = { rank: 0 }, channel = null }: AudioOptions,
  cancel: Int32Array,
): DataView {
  const options = new DataView(new ArrayBuffer(64));
  options.setUint32(0, sampleRate, true);
  options.setUint32(4, limits.channelsMax ?? 0, true);
  options.setFloat64(8, limits.durationSMax ?? 0, true);
  options.setUint32(16, limits.wallMsMax ?? 0, true);
  options.setUint32(20, limits.rateMin ?? 0, true);
  options.setUint32(24, limits.rateMax ?? 0, true);
  options.setUint32(28, "number" in track ? track.number : 0, true);
  options.setBigUint64(32, BigInt(limits.samplesMax ?? 0), true);
  options.setBigUint64(40, BigInt(limits.memoryBytesMax ?? 0), true);
  options.setBigUint64(48, BigInt(ptr(cancel)), true);
  options.setUint32(56, "rank" in track ? track.rank : 0, true);
  options.setUint32(60, channel ?? 0, true);
  return options;
}

/** Maximum number of probabilities that one call fetches. A second of audio has 31 windows. */
const probabilitiesMax = 256;

/** What a stream of voice activity finds in addition to the regions of speech. */
export interface VoiceResults {
  /** Whether the probabilities of the windows are kept. */
  readonly keepsProbabilities?: boolean;
  /** Rules of the spans: regions that a pause of `minSilenceMs` ends, with `padMs` at both ends. */
  readonly spans?: { readonly minSilenceMs: number; readonly padMs: number } | null;
}

/** Finds regions of speech in a stream of samples at 16 kHz. */
export class VoiceActivity implements Disposable {
  readonly #library: AudioLibrary;
  readonly #keepsProbabilities: boolean;
  #pointer: Pointer | null;

  /**
   * If `keepsProbabilities` is true, the caller must call `takeProbabilities` regularly, and with `spans`, `takeSpans`.
   * Otherwise the stored results need more and more memory.
   */
  constructor(
    library: AudioLibrary,
    vad: VadOptions,
    { keepsProbabilities = false, spans = null }: VoiceResults = {},
  ) {
    const options = new DataView(new ArrayBuffer(40));
    options.setFloat32(0, vad.threshold, true);
    options.setFloat32(4, vad.negThreshold ?? 0, true);
    options.setUint32(8, vad.minSpeechMs, true);
    options.setUint32(12, vad.minSilenceMs, true);
    options.setUint32(16, vad.speechPadMs, true);
    options.setFloat32(20, peakThreshold(vad), true);
    options.setFloat32(24, vadGainMaxDb, true);
    options.setUint32(28, keepsProbabilities ? 1 : 0, true);
    options.setUint32(32, spans?.minSilenceMs ?? 0, true);
    options.setUint32(36, spans?.padMs ?? 0, true);
    const out = new BigUint64Array(1);
    library.check(library.c.asr_vad_open(ptr(options), ptr(out)), "open the voice activity");
    this.#library = library;
    this.#keepsProbabilities = keepsProbabilities;
    this.#pointer = Number(out[0]) as Pointer;
  }

  push(samples: Float32Array): void {
    if (samples.length === 0) return;
    const code = this.#library.c.asr_vad_push(this.#open(), ptr(samples), samples.length);
    this.#library.check(code, "find the speech");
  }

  finish(): void {
    this.#library.check(this.#library.c.asr_vad_finish(this.#open()), "find the speech");
  }

  /**
   * Returns the regions that became final since the last call. Positions count samples from the first pushed sample.
   */
  takeRegions(): Span[] {
    return this.#take(this.#library.c.asr_vad_get_regions);
  }

  /** Returns the spans that became final since the last call; none if the stream finds no spans. */
  takeSpans(): Span[] {
    return this.#take(this.#library.c.asr_vad_get_spans);
  }

  /**
   * Returns the probabilities of speech of the windows that were processed since the last call. Returns an empty array
   * if the probabilities are not kept.
   */
  takeProbabilities(): Float32Array {
    const parts: Float32Array[] = [];
    for (let isFull = this.#keepsProbabilities; isFull;) {
      const part = new Float32Array(probabilitiesMax);
      const n = this.#library.c.asr_vad_get_probabilities(this.#open(), ptr(part), part.length);
      this.#library.check(n, "find the speech");
      parts.push(part.subarray(0, n));
      isFull = n === part.length;
    }
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }

  /**
   * Position up to which voice activity has separated speech from silence. Before this position, the audio in final
   * regions is speech, and all other audio is silence. A region that becomes final later does not start before this
   * position.
   */
  get decided(): number {
    return Number(this.#library.c.asr_vad_decided(this.#open()));
  }

  /** Position up to which the spans were found, as `decided` for regions. */
  get spansDecided(): number {
    return Number(this.#library.c.asr_vad_spans_decided(this.#open()));
  }

  /**
   * Whether a region starts at `decided` and its end is not final yet. False if there is no sound at `decided`, or if
   * voice activity has not determined yet whether the sound is speech.
   */
  get isOpen(): boolean {
    return this.#library.c.asr_vad_is_open(this.#open()) === 1;
  }

  /**
   * Number of samples that the network has processed. Until `finish` is called, the network is about 4 s behind the
   * last pushed sample, because the next 4 s of audio determine how much a quiet window is amplified.
   */
  get judged(): number {
    return Number(this.#library.c.asr_vad_judged(this.#open()));
  }

  [Symbol.dispose](): void {
    if (this.#pointer !== null) this.#library.c.asr_vad_close(this.#pointer);
    this.#pointer = null;
  }

  #take(next: (voice: Pointer, regions: Pointer, capacity: number) => number): Span[] {
    const regions: Span[] = [];
    const pair = new BigInt64Array(2);
    for (;;) {
      const n = next(this.#open(), ptr(pair), 1);
      this.#library.check(n, "find the speech");
      if (n === 0) return regions;
      regions.push({ start: Number(pair[0]), end: Number(pair[1]) });
    }
  }

  #open(): Pointer {
    if (this.#pointer === null) throw new Error("the voice activity is closed");
    return this.#pointer;
  }
}

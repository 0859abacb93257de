/**
 * Opens the audio of jobs. The audio library decodes the audio. If the library does not support the format and the
 * operator allows ffmpeg, ffmpeg first decodes the whole file, and the library reads the result of ffmpeg. Therefore
 * the server mixes and cuts all audio in the same way, and a resumed job gets the same chunks again.
 */
import type { AudioLimits, FfmpegOption, LimitSettings } from "../../ipc/protocol.ts";
import type { Turns } from "../engine/turns.ts";
import type { AudioFile, AudioThread } from "./audio-thread.ts";
import { type AudioRequest, triesOtherTracks } from "./audio-request.ts";
import { withAdvice } from "./ffmpeg/advice.ts";
import { decodeWithFfmpeg } from "./ffmpeg/decode.ts";
import type { Ffmpeg } from "./ffmpeg/run.ts";
import { ForeignAudio, type ForeignTrack } from "./foreign-audio.ts";
import { type ForeignFormat, UnsupportedAudio } from "./unsupported-audio.ts";

export interface AudioFilesOptions {
  readonly ffmpeg: FfmpegOption;
  readonly limits: AudioLimits;
  readonly limitSettings: LimitSettings;
}

export class AudioFiles {
  readonly #thread: Pick<AudioThread, "open" | "turns">;
  readonly #options: AudioFilesOptions;

  constructor(thread: Pick<AudioThread, "open" | "turns">, options: AudioFilesOptions) {
    this.#thread = thread;
    this.#options = options;
  }

  /** Decides which of the waiting jobs the audio thread serves. */
  get turns(): Turns {
    return this.#thread.turns;
  }

  /** Opens the audio of a job. Throws AsrError, also when `signal` is aborted. */
  async open(request: AudioRequest, signal: AbortSignal): Promise<AudioFile> {
    try {
      return await this.#thread.open(request);
    } catch (error) {
      if (!(error instanceof UnsupportedAudio)) throw error;
      const { ffmpeg } = this.#options;
      if ("absent" in ffmpeg) throw withAdvice(error, ffmpeg.absent);
      return await this.#openForeign(ffmpeg, request, error.foreign, signal);
    }
  }

  async #openForeign(
    ffmpeg: Ffmpeg,
    request: AudioRequest,
    format: ForeignFormat,
    signal: AbortSignal,
  ): Promise<AudioFile> {
    const open = (number: number | null) =>
      this.#openTrack(ffmpeg, request, { ...format, track: number }, signal);
    const first = await open(format.track ?? request.track);
    const { tracks } = format;
    const others = triesOtherTracks(request) ? othersOf(format) : [];
    return new ForeignAudio(first, { tracks, others, open, signal });
  }

  async #openTrack(
    ffmpeg: Ffmpeg,
    request: AudioRequest,
    format: ForeignFormat,
    signal: AbortSignal,
  ): Promise<ForeignTrack> {
    const { limits, limitSettings: settings } = this.#options;
    const { sampleRate } = request.options;
    const file = { ...format, sampleRate, durationSMax: limits.durationSMax };
    const startMs = performance.now();
    const work = { path: request.path, file, limits, settings };
    using opened = new DisposableStack();
    const decoded = opened.use(await decodeWithFfmpeg(ffmpeg, work, signal));
    const ffmpegS = (performance.now() - startMs) / 1000;
    const read = { ...request, path: decoded.path, track: null };
    const audio = opened.use(await this.#thread.open(read));
    const owned = opened.move();
    return { audio, number: format.track, ffmpegS, [Symbol.dispose]: () => owned.dispose() };
  }
}

// --- internal ---

/** Maximum number of tracks that are decoded to find speech, as in the audio library. */
const tracksMax = 8;

/** Returns the numbers of the tracks except the chosen one. Empty if the tracks are unknown. */
function othersOf({ track, tracks }: ForeignFormat): number[] {
  const numbers = Array.from({ length: tracks ?? 0 }, (_, index) => index + 1);
  return numbers.filter((number) => number !== track).slice(0, tracksMax - 1);
}

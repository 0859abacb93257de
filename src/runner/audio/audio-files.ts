/**
 * Opens the audio of jobs. The audio library decodes it. If the library does not support the format and the operator
 * allows ffmpeg, ffmpeg decodes the whole file first, and the library reads the result. So the audio passes the same
 * mixing, voice activity and cutting, and a resumed job cuts it alike.
 */
import type { AudioLimits, FfmpegOption, LimitSettings } from "../../ipc/protocol.ts";
import type { AudioFile, AudioThread } from "./audio-thread.ts";
import type { AudioRequest } from "./audio.worker.ts";
import { withAdvice } from "./ffmpeg/advice.ts";
import { decodeWithFfmpeg } from "./ffmpeg/decode.ts";
import type { Ffmpeg } from "./ffmpeg/run.ts";
import { type ForeignAudio, UnsupportedAudio } from "./unsupported-audio.ts";

export interface AudioFilesOptions {
  readonly ffmpeg: FfmpegOption;
  readonly limits: AudioLimits;
  readonly limitSettings: LimitSettings;
}

export class AudioFiles {
  readonly #thread: Pick<AudioThread, "open">;
  readonly #options: AudioFilesOptions;

  constructor(thread: Pick<AudioThread, "open">, options: AudioFilesOptions) {
    this.#thread = thread;
    this.#options = options;
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
    foreign: ForeignAudio,
    signal: AbortSignal,
  ): Promise<AudioFile> {
    const { limits, limitSettings: settings } = this.#options;
    const track = foreign.track ?? request.track;
    const { durationSMax } = limits;
    const file = { ...foreign, track, sampleRate: request.options.sampleRate, durationSMax };
    const startMs = performance.now();
    const decoded = await decodeWithFfmpeg(
      ffmpeg,
      { path: request.path, file, limits, settings },
      signal,
    );
    const ffmpegS = (performance.now() - startMs) / 1000;
    try {
      const audio = await this.#thread.open({ ...request, path: decoded.path, track: null });
      return withOrigin(audio, { ffmpegS, track: foreign.tracks === 1 ? null : track, decoded });
    } catch (error) {
      decoded[Symbol.dispose]();
      throw error;
    }
  }
}

// --- internal ---

interface Origin {
  /** Time in seconds that ffmpeg worked. */
  readonly ffmpegS: number;
  /** Number of the track that ffmpeg decoded; null if the file has only one track, or if the number is unknown. */
  readonly track: number | null;
  readonly decoded: Disposable;
}

/** Returns the decoded audio with the facts of the file from which ffmpeg decoded it. */
function withOrigin(audio: AudioFile, { ffmpegS, track, decoded }: Origin): AudioFile {
  return {
    durationS: audio.durationS,
    get decodeS() {
      return ffmpegS + audio.decodeS;
    },
    async next() {
      const next = await audio.next();
      return "endS" in next ? { ...next, track } : next;
    },
    giveBack: (chunk) => audio.giveBack(chunk),
    [Symbol.dispose]() {
      audio[Symbol.dispose]();
      decoded[Symbol.dispose]();
    },
  };
}

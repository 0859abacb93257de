/** Defines the error for audio that the audio library does not support, but that ffmpeg may support. */
import { AsrError } from "../../errors.ts";

/** How ffmpeg can read a file. */
export interface ForeignFormat {
  /** Name of the demuxer of ffmpeg. The audio library names only demuxers that read one plain file. */
  readonly demuxer: string;
  /** Number of the chosen audio track, from 1; null if the audio library does not know the tracks. */
  readonly track: number | null;
  /** Number of audio tracks in the file; null if it is unknown. */
  readonly tracks: number | null;
}

export class UnsupportedAudio extends AsrError {
  readonly foreign: ForeignFormat;

  constructor(message: string, foreign: ForeignFormat) {
    super("unsupported_audio", message, { param: "file" });
    this.foreign = foreign;
  }
}

/** Explains to clients and operators when ffmpeg could decode a file that the audio library does not support. */
import type { FfmpegOption } from "../../../ipc/protocol.ts";
import { UnsupportedAudio } from "../unsupported-audio.ts";

/** Returns the error with advice on how to let ffmpeg decode the file. */
export function withAdvice(
  { message, foreign }: UnsupportedAudio,
  absent: Extract<FfmpegOption, { absent: unknown }>["absent"],
): UnsupportedAudio {
  return new UnsupportedAudio(
    `${message}; ffmpeg may be able to decode it: ${advice[absent]}`,
    foreign,
  );
}

// --- internal ---

const advice = {
  never: "the operator can allow it with --ffmpeg auto (OPEN_ASR_FFMPEG)",
  missing: "install ffmpeg on the machine that transcribes",
} as const;

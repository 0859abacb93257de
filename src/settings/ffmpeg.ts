/** Defines the setting for ffmpeg, which decodes audio of formats that the audio library does not support. */
import { accessSync, constants, statSync } from "node:fs";
import type { FfmpegOption } from "../ipc/protocol.ts";
import { checked, setting } from "./setting.ts";
import { path, type Value } from "./value.ts";

export const ffmpegSettings = {
  ffmpeg: setting<string | null>({
    variable: "OPEN_ASR_FFMPEG",
    flag: "ffmpeg",
    commands: checked,
    // `transcribe` replaces null by "auto". For all other commands, null means "never".
    fallback: null,
    fallbackText: "auto for transcribe, otherwise never",
    value: ffmpegValue(),
    help: "Decode formats that the program does not support with ffmpeg: auto uses the installed ffmpeg, if there is one; see docs/audio.md",
  }),
} as const;

interface FfmpegConfig {
  readonly ffmpeg: string | null;
  readonly spoolDir: string;
  readonly diskBytesFreeMin: number;
}

/** Returns the settings of `transcribe`: if the operator has not set ffmpeg, the installed one is used. */
export function allowingFfmpeg<T extends FfmpegConfig>(config: T): T {
  return Object.freeze({ ...config, ffmpeg: config.ffmpeg ?? "auto" });
}

/** Returns the ffmpeg that the settings select, or the reason why there is none. */
export function ffmpegOf({ ffmpeg, spoolDir, diskBytesFreeMin }: FfmpegConfig): FfmpegOption {
  const choice = ffmpeg ?? "never";
  if (choice === "never") return { absent: "never" };
  const found = choice === "auto" ? Bun.which("ffmpeg") : choice;
  return found === null
    ? { absent: "missing" }
    : { path: found, folder: spoolDir, diskBytesFreeMin };
}

/** Returns the error message for a path that is not a program; null if the setting is valid. */
export function ffmpegProblem({ ffmpeg }: Pick<FfmpegConfig, "ffmpeg">): string | null {
  if (ffmpeg === null || ffmpeg === "auto" || ffmpeg === "never" || isProgram(ffmpeg)) return null;
  return `OPEN_ASR_FFMPEG (--ffmpeg) is "${ffmpeg}", expected auto, never or the path of a program`;
}

// --- internal ---

function ffmpegValue(): Value<string> {
  const { read, toml } = path("PATH");
  return {
    hint: "auto|never|PATH",
    range: "auto, never, path",
    expected: "auto, never or a path",
    toml,
    read: (written, folder) =>
      written === "auto" || written === "never" ? written : read(written, folder),
  };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

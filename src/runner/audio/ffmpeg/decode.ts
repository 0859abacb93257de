/** Decodes a file with ffmpeg to a private wav file. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";
import { AsrError, type ErrorCode } from "../../../errors.ts";
import type { AudioLimits, LimitSettings } from "../../../ipc/protocol.ts";
import { errorCode } from "../../../platform/error-code.ts";
import { canSeek, decodeArguments, type ForeignFile, protocolsArguments } from "./arguments.ts";
import { DecodedFile } from "./decoded-file.ts";
import { type Ffmpeg, type FfmpegOutcome, type FfmpegRun, runFfmpeg } from "./run.ts";

export interface DecodeRequest {
  readonly path: string;
  readonly file: ForeignFile;
  readonly limits: AudioLimits;
  /** Names of the settings that change the limits. Error messages contain these names. */
  readonly settings: LimitSettings;
}

/** Returns the decoded audio. The caller must dispose it. Throws AsrError. */
export async function decodeWithFfmpeg(
  ffmpeg: Ffmpeg,
  { path, file, limits, settings }: DecodeRequest,
  signal: AbortSignal,
): Promise<DecodedFile> {
  const seeks = await seeksInInput(ffmpeg, signal);
  const input = openSync(path, "r");
  const { wallMsMax } = limits;
  const bytesMax = outputBytesMax(limits);
  const run = { arguments: decodeArguments(file, seeks), input, wallMsMax, bytesMax };
  try {
    return await withOutput(ffmpeg, async (output) => {
      const outcome = await start(ffmpeg, run, output, signal);
      if (outcome.end !== "done") throw failureOf(outcome, run, settings);
      return output;
    });
  } finally {
    closeSync(input);
  }
}

// --- internal ---

const gibibyte = 1024 ** 3;
/** Maximum number of bytes before the first sample of a wav file. */
const headerBytesMax = 1024;
/** Highest sample rate that a model needs, in Hz. */
const rateMax = 24_000;
/** Number of bytes of one decoded sample, which has 24 bits. */
const sampleBytes = 3;

/**
 * Returns the maximum size of the output in bytes. This is the size of the longest allowed audio, but at most 4 GiB,
 * which is four hours of 5.1 sound at 16 kHz.
 */
function outputBytesMax({ durationSMax, channelsMax }: AudioLimits): number {
  const longest = (durationSMax + 1) * rateMax * channelsMax * sampleBytes;
  return Math.min(4 * gibibyte, headerBytesMax + longest);
}

function openOutput({ folder }: Ffmpeg): DecodedFile {
  try {
    return new DecodedFile(folder);
  } catch (cause) {
    const message = "The server could not store the decoded audio; the server log has the details";
    throw new AsrError("internal_error", message, { cause, operatorMessage: String(cause) });
  }
}

/** Creates a file for the output and calls `use`. If `use` fails, disposes the file. */
async function withOutput<T>(ffmpeg: Ffmpeg, use: (output: DecodedFile) => Promise<T>): Promise<T> {
  const output = openOutput(ffmpeg);
  try {
    return await use(output);
  } catch (error) {
    output[Symbol.dispose]();
    throw error;
  }
}

const protocolsRun = {
  arguments: protocolsArguments,
  wallMsMax: 10_000,
  bytesMax: 64 * 1024,
} as const;
/** For each path of ffmpeg, whether that ffmpeg can seek in its standard input. */
const seekable = new Map<string, boolean>();

/** Asks ffmpeg for its protocols. If it does not answer, assumes that it cannot seek. */
async function seeksInInput(ffmpeg: Ffmpeg, signal: AbortSignal): Promise<boolean> {
  const known = seekable.get(ffmpeg.path);
  if (known !== undefined) return known;
  using output = openOutput(ffmpeg);
  const input = openSync(devNull, "r");
  try {
    const { end } = await start(ffmpeg, { ...protocolsRun, input }, output, signal);
    const seeks = end === "done" && canSeek(readFileSync(output.path, "utf8"));
    seekable.set(ffmpeg.path, seeks);
    return seeks;
  } finally {
    closeSync(input);
  }
}

async function start(
  ffmpeg: Ffmpeg,
  run: FfmpegRun,
  output: DecodedFile,
  signal: AbortSignal,
): Promise<FfmpegOutcome> {
  try {
    return await runFfmpeg(ffmpeg, run, output, signal);
  } catch (cause) {
    if (cause instanceof AsrError) throw cause;
    const message = `Cannot decode the audio file: ffmpeg cannot be started (${errorCode(cause)})`;
    throw new AsrError("internal_error", message, { cause, operatorMessage: String(cause) });
  }
}

/** Returns the error for a run that failed. Clients see the message of this error, so it contains no output of ffmpeg. */
function failureOf(
  { end, code, stderr }: FfmpegOutcome,
  { wallMsMax, bytesMax }: FfmpegRun,
  settings: LimitSettings,
): AsrError {
  const details = `ffmpeg ended with exit code ${code}${lastLine(stderr)}`;
  const failed = (kind: ErrorCode, reason: string, param: string | null = "file") => {
    const message = `Cannot decode the audio file: ${reason}`;
    return new AsrError(kind, message, { param, operatorMessage: `${message} (${details})` });
  };
  switch (end) {
    case "too slow": {
      const setting = settings.wallMsMax ?? "the limit";
      const change = `the operator can change ${setting}`;
      return failed("audio_limit_exceeded", `ffmpeg takes longer than ${wallMsMax} ms; ${change}`);
    }
    case "too large":
      return failed(
        "audio_limit_exceeded",
        `decoded by ffmpeg, it has more than ${bytesMax} bytes`,
      );
    case "disk full":
      return failed("storage_full", "the disk has no space for the decoded audio", null);
    default:
      if (/matches no streams/u.test(stderr)) {
        return failed("invalid_request", "it does not have the requested track", "audio_track");
      }
      if (/does not contain any stream/u.test(stderr)) {
        return failed("invalid_audio", "it has no audio track that ffmpeg can decode");
      }
      return failed("invalid_audio", "ffmpeg cannot decode it");
  }
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1);
  return line ? `: ${line}` : "";
}

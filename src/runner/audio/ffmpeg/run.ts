/** Runs ffmpeg on one file until it ends or exceeds a limit. */
import { statfsSync } from "node:fs";
import type { FfmpegOption } from "../../../ipc/protocol.ts";
import { unlessAborted } from "../../../platform/abort.ts";
import { unlessLate } from "../../../platform/late.ts";
import type { DecodedFile } from "./decoded-file.ts";
import { LimitedProcess } from "./limited-process.ts";

export type Ffmpeg = Extract<FfmpegOption, { path: string }>;

export interface FfmpegRun {
  readonly arguments: readonly string[];
  /** Descriptor of the file that ffmpeg reads from standard input. */
  readonly input: number;
  readonly wallMsMax: number;
  /** Maximum size of the output in bytes. */
  readonly bytesMax: number;
}

export interface FfmpegOutcome {
  /** Why ffmpeg ended: by itself with exit code 0 ("done") or another code ("failed"), or because of a limit. */
  readonly end: "done" | "failed" | "too slow" | "too large" | "disk full";
  /** Exit code of ffmpeg: 128 plus the number of the signal if a signal ended it. */
  readonly code: number;
  /** Last part of the standard error output. */
  readonly stderr: string;
}

/**
 * Runs ffmpeg and writes its standard output to `output`. Throws AsrError if `signal` is aborted, and the error of the
 * system if ffmpeg cannot be started.
 */
export async function runFfmpeg(
  { path, folder, diskBytesFreeMin }: Ffmpeg,
  run: FfmpegRun,
  output: DecodedFile,
  signal: AbortSignal,
): Promise<FfmpegOutcome> {
  const limits = {
    // This limit has an effect only if this process hangs and does not check the time. The threads of ffmpeg may use
    // two cores.
    cpuS: (2 * run.wallMsMax) / 1000,
    memoryBytes: memoryBytesMax,
    fileBytes: run.bytesMax + 1,
  };
  const files = { stdin: run.input, stdout: output.writer, folder };
  await using child = new LimitedProcess([path, ...run.arguments], files, limits);
  let end: FfmpegOutcome["end"] | null = null;
  // Counts ticks and not the clock, so that a laptop that sleeps does not exceed the limit.
  for (let ms = 0; end === null; ms += tickMs) {
    const code = await unlessAborted(unlessLate(child.exited, tickMs), signal);
    if (output.bytes > run.bytesMax || code === fileTooLarge) end = "too large";
    else if (ms > run.wallMsMax) end = "too slow";
    else if (bytesFree(folder) < diskBytesFreeMin) end = "disk full";
    else if (code !== null) end = code === 0 ? "done" : "failed";
  }
  const stderr = await child.end();
  return { end, code: await child.exited, stderr };
}

// --- internal ---

/** Interval in milliseconds between two checks of the limits. */
const tickMs = 100;
/** Maximum size of the address space of ffmpeg in bytes. ffmpeg 7 needs a quarter of it. */
const memoryBytesMax = 2 * 1024 ** 3;
/** Exit code after the signal SIGXFSZ. */
const fileTooLarge = 128 + 25;

function bytesFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

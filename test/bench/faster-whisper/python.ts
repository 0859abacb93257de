/**
 * Installs and runs Python's faster-whisper in a virtual environment of its own. The packages have pinned versions and
 * hashes.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pythonEnvironment } from "../../python-environment.ts";
import { pythonSide } from "../python-side.ts";
import type { Side } from "../side.ts";
import type { Settings } from "./settings.ts";

/**
 * The two methods of faster-whisper for a file. "whisper-model" processes one window at a time. "batched" processes the
 * windows with speech in batches of eight.
 */
export type Way = "whisper-model" | "batched";

export function python(way: Way, { model, computeType, beam }: Settings): Side {
  return pythonSide({
    name: way === "batched" ? "BatchedInferencePipeline" : "WhisperModel",
    logName: `faster-whisper-${way}`,
    install: installPython,
    script: join(import.meta.dirname, "server.py"),
    flags: [
      `--model=${model}`,
      `--compute-type=${computeType}`,
      `--beam=${beam}`,
      `--threads=${availableParallelism()}`,
    ],
    path: `/${way}`,
    requestTimeoutMs: 600_000,
  });
}

/** Creates the virtual environment if it is missing. Returns the path of its interpreter. */
export function installPython(): Promise<string> {
  return pythonEnvironment({
    title: "Python's faster-whisper",
    folder: "bench/faster-whisper",
    requirements: join(import.meta.dirname, "requirements.txt"),
  });
}

/**
 * Installs and runs Python's faster-whisper in a virtual environment of its own. The packages have pinned versions and
 * hashes.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pythonEnvironment } from "../../python-environment.ts";
import { ServerProcess } from "../server-process.ts";
import type { Side } from "../side.ts";
import type { Settings } from "./settings.ts";

/**
 * The two methods of faster-whisper for a file. "whisper-model" processes one window at a time. "batched" processes the
 * windows with speech in batches of eight.
 */
export type Way = "whisper-model" | "batched";

export function python(way: Way, { model, computeType, beam }: Settings): Side {
  return {
    name: way === "batched" ? "BatchedInferencePipeline" : "WhisperModel",
    async start() {
      const interpreter = await installPython();
      const threads = availableParallelism();
      const server = await ServerProcess.start({
        name: `faster-whisper-${way}`,
        command: (port) => [
          interpreter,
          join(import.meta.dirname, "server.py"),
          `--port=${port}`,
          `--model=${model}`,
          `--compute-type=${computeType}`,
          `--beam=${beam}`,
          `--threads=${threads}`,
        ],
        environment: { HF_HUB_OFFLINE: "1" },
      });
      return {
        process: server,
        async transcribe(clip, signal) {
          const response = await fetch(`${server.url}/${way}`, {
            method: "POST",
            body: clip.wav,
            keepalive: false,
            headers: { "x-language": clip.language },
            signal: signal ?? AbortSignal.timeout(requestTimeoutMs),
          });
          if (!response.ok) throw new Error(`${way} answered ${response.status} for ${clip.name}`);
          return String(JSON.parse(await response.text()).text);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** Creates the virtual environment if it is missing. Returns the path of its interpreter. */
export function installPython(): Promise<string> {
  return pythonEnvironment({
    title: "Python's faster-whisper",
    folder: "bench/faster-whisper",
    requirements: join(import.meta.dirname, "requirements.txt"),
  });
}

// --- internal ---

const requestTimeoutMs = 600_000;

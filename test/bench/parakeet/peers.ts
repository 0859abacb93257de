/** Starts the Python peers: PyPI's transcribe-cpp, and parakeet-mlx. Installs them into a virtual environment. */
import { join } from "node:path";
import { pythonEnvironment } from "../../python-environment.ts";
import { ServerProcess } from "../server-process.ts";
import type { Side } from "../side.ts";

export type PeerEngine = "transcribe-cpp" | "parakeet-mlx";

export interface PeerSettings {
  readonly engine: PeerEngine;
  readonly model: string;
  readonly threads: number;
}

export function pythonPeer({ engine, model, threads }: PeerSettings): Side {
  return {
    name: `Python's ${engine}`,
    async start() {
      const interpreter = await installPeers();
      const script = join(import.meta.dirname, "server.py");
      const flags = [`--engine=${engine}`, `--model=${model}`, `--threads=${threads}`];
      const server = await ServerProcess.start({
        name: `parakeet-${engine}`,
        command: (port) => [interpreter, script, `--port=${port}`, ...flags],
        environment: { HF_HUB_OFFLINE: "1", OPENBLAS_NUM_THREADS: String(threads) },
      });
      return {
        process: server,
        async transcribe(clip, signal) {
          const response = await fetch(server.url, {
            method: "POST",
            body: clip.wav,
            keepalive: false,
            signal: signal ?? AbortSignal.timeout(requestTimeoutMs),
          });
          if (!response.ok)
            throw new Error(`${engine} answered ${response.status} for ${clip.name}`);
          return String(JSON.parse(await response.text()).text);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

// --- internal ---

const requestTimeoutMs = 3_600_000;

/**
 * Returns the interpreter. PyPI's mlx for Linux contains a slow BLAS. OPEN_ASR_BENCH_PYTHON is an interpreter whose mlx
 * has OpenBLAS in its place (docs/benchmarks.md).
 */
async function installPeers(): Promise<string> {
  return (
    process.env["OPEN_ASR_BENCH_PYTHON"] ??
    (await pythonEnvironment({
      title: "Python's transcribe-cpp and parakeet-mlx",
      folder: "bench/parakeet",
      requirements: join(import.meta.dirname, "requirements.txt"),
    }))
  );
}

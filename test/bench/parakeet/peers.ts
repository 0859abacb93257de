/** Starts the Python peers: PyPI's transcribe-cpp, and parakeet-mlx. Installs them into a virtual environment. */
import { join } from "node:path";
import { pythonEnvironment } from "../../python-environment.ts";
import { pythonSide } from "../python-side.ts";
import type { Side } from "../side.ts";

export type PeerEngine = "transcribe-cpp" | "parakeet-mlx";

export interface PeerSettings {
  readonly engine: PeerEngine;
  readonly model: string;
  readonly threads: number;
}

export function pythonPeer({ engine, model, threads }: PeerSettings): Side {
  return pythonSide({
    name: `Python's ${engine}`,
    logName: `parakeet-${engine}`,
    install: installPeers,
    script: join(import.meta.dirname, "server.py"),
    flags: [`--engine=${engine}`, `--model=${model}`, `--threads=${threads}`],
    environment: { OPENBLAS_NUM_THREADS: String(threads) },
  });
}

// --- internal ---

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

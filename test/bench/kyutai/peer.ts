/** Starts the Python peer of the benchmark of Kyutai models: rustymimi and moshi-mlx. */
import { join } from "node:path";
import { pythonSide } from "../python-side.ts";
import type { Side } from "../side.ts";

export interface MoshiSettings {
  /** Interpreter of an environment that contains the packages. */
  readonly python: string;
  /** Folder of the model. */
  readonly model: string;
  readonly threads: number;
}

export function moshiPeer({ python, model, threads }: MoshiSettings): Side {
  return pythonSide({
    name: "rustymimi and moshi-mlx",
    logName: "moshi-mlx",
    install: () => Promise.resolve(python),
    script: join(import.meta.dirname, "server.py"),
    flags: [`--model=${model}`],
    environment: { OPENBLAS_NUM_THREADS: String(threads), RAYON_NUM_THREADS: String(threads) },
  });
}

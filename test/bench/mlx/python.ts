/** Installs and runs Python's mlx-whisper in a virtual environment of its own. */
import { copyFileSync, existsSync, globSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256OfFile } from "../../../vendor/packages.mjs";
import { mlxLibrary } from "../../mlx/library.ts";
import { pythonEnvironment } from "../../python-environment.ts";
import { pythonSide } from "../python-side.ts";
import type { RunningSide, Side } from "../side.ts";

/** The BLAS library of a running peer. */
export interface Blas {
  readonly library: string;
  readonly threads: number;
}

export function mlxWhisper(model: string, threads: number): Side {
  return pythonSide({
    name: "mlx-whisper",
    install: installMlxWhisper,
    script: join(import.meta.dirname, "server.py"),
    flags: [`--model=${model}`],
    environment: { OPENBLAS_NUM_THREADS: String(threads) },
  });
}

export async function blasOf({ process }: RunningSide): Promise<Blas> {
  return (await (await fetch(`${process.url}/blas`)).json()) as Blas;
}

// --- internal ---

async function installMlxWhisper(): Promise<string> {
  const interpreter = await pythonEnvironment({
    title: "Python's mlx-whisper",
    folder: "bench/mlx",
    requirements: join(import.meta.dirname, "requirements.txt"),
    withoutDependencies: true,
  });
  await replaceBlas(join(dirname(interpreter), ".."));
  return interpreter;
}

/**
 * Replaces the BLAS in PyPI's mlx for Linux, which is about 30 times slower, by the libraries that our build uses. They
 * have the same names.
 */
async function replaceBlas(environment: string): Promise<void> {
  const [folder] = globSync(join(environment, "lib/python*/site-packages/mlx_cpu.libs"));
  if (folder === undefined) throw new Error("PyPI's mlx for Linux has no folder mlx_cpu.libs");
  const ours = dirname(mlxLibrary);
  for (const name of readdirSync(ours).filter((one) => /blas|lapack/u.test(one))) {
    const [from, to] = [join(ours, name), join(folder, name)];
    if (name.endsWith(".zst")) continue;
    if (existsSync(to) && (await sha256OfFile(to)) === (await sha256OfFile(from))) continue;
    copyFileSync(from, to);
  }
}

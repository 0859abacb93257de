/** Installs and runs Python's mlx-whisper in a virtual environment of its own. */
import { copyFileSync, existsSync, globSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256OfFile } from "../../../vendor/packages.mjs";
import { mlxLibrary } from "../../mlx/library.ts";
import { pythonEnvironment } from "../../python-environment.ts";
import { ServerProcess } from "../server-process.ts";
import type { RunningSide, Side } from "../side.ts";

/** The BLAS library of a running peer. */
export interface Blas {
  readonly library: string;
  readonly threads: number;
}

export function mlxWhisper(model: string, threads: number): Side {
  return {
    name: "mlx-whisper",
    async start() {
      const interpreter = await installMlxWhisper();
      const server = await ServerProcess.start({
        name: "mlx-whisper",
        command: (port) => [
          interpreter,
          join(import.meta.dirname, "server.py"),
          `--port=${port}`,
          `--model=${model}`,
        ],
        environment: { HF_HUB_OFFLINE: "1", OPENBLAS_NUM_THREADS: String(threads) },
      });
      return {
        process: server,
        async transcribe(clip, signal) {
          const response = await fetch(server.url, {
            method: "POST",
            body: clip.wav,
            keepalive: false,
            headers: { "x-language": clip.language },
            signal: signal ?? AbortSignal.timeout(requestTimeoutMs),
          });
          if (!response.ok)
            throw new Error(`mlx-whisper answered ${response.status} for ${clip.name}`);
          return String(JSON.parse(await response.text()).text);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

export async function blasOf({ process }: RunningSide): Promise<Blas> {
  return (await (await fetch(`${process.url}/blas`)).json()) as Blas;
}

// --- internal ---

const requestTimeoutMs = 3_600_000;

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

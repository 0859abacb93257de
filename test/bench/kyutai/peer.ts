/** Starts the Python peer of the benchmark of Kyutai models: rustymimi and moshi-mlx. */
import { join } from "node:path";
import { ServerProcess } from "../server-process.ts";
import type { Side } from "../side.ts";

export interface MoshiSettings {
  /** Interpreter of an environment that contains the packages. */
  readonly python: string;
  /** Folder of the model. */
  readonly model: string;
  readonly threads: number;
}

export function moshiPeer({ python, model, threads }: MoshiSettings): Side {
  return {
    name: "rustymimi and moshi-mlx",
    async start() {
      const script = join(import.meta.dirname, "server.py");
      const server = await ServerProcess.start({
        name: "moshi-mlx",
        command: (port) => [python, script, `--port=${port}`, `--model=${model}`],
        environment: {
          HF_HUB_OFFLINE: "1",
          OPENBLAS_NUM_THREADS: String(threads),
          RAYON_NUM_THREADS: String(threads),
        },
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
          if (!response.ok) throw new Error(`moshi-mlx answered ${response.status}`);
          return String(JSON.parse(await response.text()).text);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

// --- internal ---

const requestTimeoutMs = 3_600_000;

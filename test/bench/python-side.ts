/** Runs a Python program as a side of a benchmark. Its script serves transcripts over HTTP with transcript_server.py. */
import { ServerProcess } from "./server-process.ts";
import type { Side } from "./side.ts";

export interface PythonProgram {
  /** Name of the program in tables and errors. */
  readonly name: string;
  /** Name of its log file, if it differs from `name`. */
  readonly logName?: string;
  /** Installs the program and returns its interpreter. */
  readonly install: () => Promise<string>;
  readonly script: string;
  readonly flags: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Path of the URL that transcribes. */
  readonly path?: string;
  readonly requestTimeoutMs?: number;
}

export function pythonSide(program: PythonProgram): Side {
  const { name, script, flags, path = "/", requestTimeoutMs = 3_600_000 } = program;
  return {
    name,
    async start() {
      const interpreter = await program.install();
      const server = await ServerProcess.start({
        name: program.logName ?? name,
        command: (port) => [interpreter, script, `--port=${port}`, ...flags],
        environment: { HF_HUB_OFFLINE: "1", ...program.environment },
      });
      return {
        process: server,
        async transcribe(clip, signal) {
          const response = await fetch(`${server.url}${path}`, {
            method: "POST",
            body: clip.wav,
            keepalive: false,
            headers: { "x-language": clip.language },
            signal: signal ?? AbortSignal.timeout(requestTimeoutMs),
          });
          if (!response.ok) throw new Error(`${name} answered ${response.status} for ${clip.name}`);
          return String(JSON.parse(await response.text()).text);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

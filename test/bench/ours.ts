/** Starts our program, which is the executable of a release with its embedded starter model. */
import { join } from "node:path";
import { repository } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";
import { benchFolder } from "./folders.ts";
import { ServerProcess } from "./server-process.ts";
import { openaiSide, type Side } from "./side.ts";

export interface OurOptions {
  readonly beam: number;
  readonly encoderWindow?: "auto" | "full";
  /**
   * Model of our program. By default, this is the starter model on whisper.cpp, because the peer uses the same engine.
   */
  readonly model?: string;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const executable = join(repository, "dist", findTarget().executable);

/** Returns our program with the default lanes and threads: one lane per core, and one thread per lane. */
export function ours({
  beam,
  encoderWindow = "auto",
  model = "whisper-cpp:base",
  flags: more = [],
  environment = {},
}: OurOptions): Side {
  const flags = [`--beam=${beam}`, `--encoder-window=${encoderWindow}`, ...more];
  return {
    name: `open-asr-server ${flags.join(" ")}`,
    async start() {
      const server = await ServerProcess.start({
        name: `open-asr-server-${beam}-${encoderWindow}`,
        command: (port) => [executable, "serve", `--port=${port}`, `--model=${model}`, ...flags],
        environment: {
          OPEN_ASR_SERVER_CACHE_DIR: join(benchFolder, "cache"),
          OPEN_ASR_SERVER_LOG_LEVEL: "warn",
          // A measurement of the server itself would take CPU time from the benchmark.
          OPEN_ASR_SERVER_CALIBRATION: "off",
          ...environment,
        },
      });
      return openaiSide(server, model);
    },
  };
}

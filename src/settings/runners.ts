/** Defines the settings for runners: memory and timeouts. A runner is a process that runs a model. */
import { transcribing, serve, setting } from "./setting.ts";
import { flag, integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const tebibyte = 1024 ** 4;

export const runnerSettings = {
  runnerMemoryBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES",
    flag: "runner-memory-bytes",
    commands: transcribing,
    fallback: 0,
    fallbackText: "0, 80 % of the machine's",
    value: integer("BYTES", 0, tebibyte),
    help: "Maximum memory of the process of one model; a process that exceeds it is restarted",
  }),
  modelsMemoryBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MODELS_MEMORY_BYTES",
    flag: "models-memory-bytes",
    commands: serve,
    fallback: 0,
    fallbackText: "0, 80 % of the machine's",
    value: integer("BYTES", 0, tebibyte),
    help: "Maximum memory of the processes of all models together; a model that would exceed it is not loaded",
  }),
  loadTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS",
    flag: "load-timeout-seconds",
    commands: transcribing,
    fallback: 300,
    value: integer("SECONDS", 1, daySeconds),
    help: "Maximum time to load a model",
  }),
  cancelTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS",
    flag: "cancel-timeout-seconds",
    commands: serve,
    fallback: 30,
    value: integer("SECONDS", 1, 60 * 60),
    help: "Restart a model's process when a cancelled job keeps running for this long",
  }),
  runnerPingS: setting<number>({
    variable: "OPEN_ASR_SERVER_RUNNER_PING_SECONDS",
    flag: "runner-ping-seconds",
    commands: transcribing,
    fallback: 30,
    value: integer("SECONDS", 0, 60 * 60),
    help: "Restart a model's process when it does not answer a ping for this long; 0 disables pings",
  }),
  idleS: setting<number>({
    variable: "OPEN_ASR_SERVER_MODEL_IDLE_SECONDS",
    flag: "model-idle-seconds",
    commands: serve,
    fallback: 0,
    fallbackText: "0, never",
    value: integer("SECONDS", 0, 365 * daySeconds),
    help: "Unload a model that no request used for this long; 0 keeps models loaded",
  }),
  evictIntervalS: setting<number>({
    variable: "OPEN_ASR_SERVER_MODEL_EVICT_INTERVAL_SECONDS",
    flag: "model-evict-interval-seconds",
    commands: serve,
    fallback: 60,
    value: integer("SECONDS", 1, daySeconds),
    help: "How often to look for idle models",
  }),
  evictPreloaded: setting<boolean>({
    variable: "OPEN_ASR_SERVER_EVICT_PRELOADED_MODELS",
    flag: "evict-preloaded-models",
    commands: serve,
    fallback: false,
    value: flag(),
    help: "Unload idle models even if --preload loaded them",
  }),
  drainTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS",
    flag: "drain-timeout-seconds",
    commands: serve,
    fallback: 30,
    value: integer("SECONDS", 0, daySeconds),
    help: "On shutdown, wait this long for running requests",
  }),
} as const;

/** Settings of the processes that hold models: what each may take, and how long things may last. */
import { both, serve, setting } from "./setting.ts";
import { integer } from "./value.ts";

const daySeconds = 24 * 60 * 60;
const tebibyte = 1024 ** 4;

export const runnerSettings = {
  runnerMemoryBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES",
    flag: "runner-memory-bytes",
    commands: both,
    fallback: 0,
    fallbackText: "0, 80 % of the machine's",
    value: integer("BYTES", 0, tebibyte),
    help: "Most memory that the process of a model may take; one that takes more is replaced",
  }),
  modelsMemoryBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MODELS_MEMORY_BYTES",
    flag: "models-memory-bytes",
    commands: serve,
    fallback: 0,
    fallbackText: "0, 80 % of the machine's",
    value: integer("BYTES", 0, tebibyte),
    help: "Most memory that the processes of all models may take when another one is loaded",
  }),
  loadTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS",
    flag: "load-timeout-seconds",
    commands: both,
    fallback: 300,
    value: integer("SECONDS", 1, daySeconds),
    help: "Longest time that a model may take to load",
  }),
  cancelTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS",
    flag: "cancel-timeout-seconds",
    commands: serve,
    fallback: 30,
    value: integer("SECONDS", 1, 60 * 60),
    help: "How long work that nobody waits for may go on before its process is replaced",
  }),
  runnerPingS: setting<number>({
    variable: "OPEN_ASR_SERVER_RUNNER_PING_SECONDS",
    flag: "runner-ping-seconds",
    commands: both,
    fallback: 30,
    value: integer("SECONDS", 0, 60 * 60),
    help: "How long the process of a model may leave a ping unanswered before it is replaced; 0: it is not pinged",
  }),
  drainTimeoutS: setting<number>({
    variable: "OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS",
    flag: "drain-timeout-seconds",
    commands: serve,
    fallback: 30,
    value: integer("SECONDS", 0, daySeconds),
    help: "How long a server that was told to stop lets running requests finish",
  }),
} as const;

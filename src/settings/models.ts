/** Settings of models: names, folders, backends, threads, search. */
import { hubCacheFolder } from "../models/hub-cache.ts";
import { type DeviceChoice, deviceChoices } from "../models/backends/device.ts";
import { both, every, serve, setting } from "./setting.ts";
import { choice, integer, list, onOff, path, text } from "./value.ts";

/** CTranslate2's names of number formats. The engine rejects a format that this CPU cannot compute. */
const computeTypes = [
  "int8",
  "int8_float32",
  "int8_float16",
  "int8_bfloat16",
  "int16",
  "float16",
  "bfloat16",
  "float32",
  "auto",
  "default",
] as const;

type ComputeType = (typeof computeTypes)[number];

export const modelSettings = {
  defaultModel: setting<string | null>({
    variable: "OPEN_ASR_SERVER_DEFAULT_MODEL",
    flag: "model",
    alias: "m",
    commands: every,
    fallback: null,
    fallbackText: "the starter model",
    value: text("MODEL"),
    help: "Model for requests without a model: a model name, or the path of a file or folder; serve -m also preloads it",
  }),
  preload: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_PRELOAD",
    flag: "preload",
    repeats: true,
    commands: serve,
    fallback: [],
    fallbackText: "none",
    value: list("MODEL,..."),
    help: "Models to load at startup instead of at their first request",
  }),
  allowedModels: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_ALLOWED_MODELS",
    flag: "allowed-models",
    repeats: true,
    commands: serve,
    fallback: [],
    fallbackText: "every model, no path",
    value: list("GLOB,..."),
    help: "Models that requests may use, as globs; requests may use a path only if a glob matches it",
  }),
  defaultBackend: setting<string | null>({
    variable: "OPEN_ASR_DEFAULT_BACKEND",
    flag: "default-backend",
    commands: both,
    fallback: null,
    fallbackText: "none",
    value: text("BACKEND"),
    help: "Backend to prefer when several accept a model name",
  }),
  modelDir: setting<string | null>({
    variable: "OPEN_ASR_SERVER_MODEL_DIR",
    flag: "model-dir",
    commands: every,
    fallback: null,
    fallbackText: "none",
    value: path("FOLDER"),
    help: "Folder of models: ggml-NAME.bin files and model folders, requested by name",
  }),
  hubCacheFolder: setting<string | null>({
    variable: "HF_HUB_CACHE",
    commands: both,
    fallback: hubCacheFolder,
    fallbackText: "HF_HOME/hub, else the user's cache",
    value: path("FOLDER"),
    help: "Cache of the Hugging Face tools; this program only reads it",
  }),
  device: setting<DeviceChoice>({
    variable: "OPEN_ASR_DEVICE",
    flag: "device",
    commands: both,
    fallback: "auto",
    value: choice(deviceChoices),
    help: "auto uses the GPU if the backend supports it (Metal on Apple silicon); gpu requires a GPU; cpu uses only the CPU",
  }),
  computeType: setting<ComputeType | null>({
    variable: "OPEN_ASR_COMPUTE_TYPE",
    flag: "compute-type",
    commands: both,
    fallback: null,
    fallbackText: "int8",
    value: choice(computeTypes, "TYPE"),
    help: "Number format in which faster-whisper computes; other backends use the format of the file",
  }),
  lanes: setting<number>({
    variable: "OPEN_ASR_SERVER_TRANSCRIBE_WORKERS",
    flag: "workers",
    commands: both,
    fallback: 0,
    fallbackText: "0, one per physical core",
    value: integer("N", 0, 256),
    help: "Workers: chunks of audio that each model transcribes at the same time",
  }),
  threadsPerLane: setting<number>({
    variable: "OPEN_ASR_THREADS",
    flag: "threads",
    commands: both,
    fallback: 1,
    value: integer("N", 1, 256),
    help: "CPU threads per worker",
  }),
  beamSize: setting<number>({
    variable: "OPEN_ASR_BEAM_SIZE",
    flag: "beam",
    commands: both,
    fallback: 5,
    value: integer("N", 1, 8),
    help: "Beam size at temperature 0; 1 is fastest",
  }),
  encoderWindow: setting<"auto" | "full">({
    variable: "OPEN_ASR_ENCODER_WINDOW",
    flag: "encoder-window",
    commands: both,
    fallback: "auto",
    value: choice(["auto", "full"]),
    help: "auto shortens Whisper's 30 s window for short audio; full never shortens it",
  }),
  temperatureFallback: setting<boolean>({
    variable: "OPEN_ASR_TEMPERATURE_FALLBACK",
    flag: "temperature-fallback",
    commands: both,
    fallback: true,
    fallbackText: "on",
    value: onOff(),
    help: "Retry low-confidence results at higher temperatures (Whisper's fallback)",
  }),
} as const;

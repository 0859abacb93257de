/** Every setting in one table (variable, flag, default, limits, help), and the only reader of the environment. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { cacheFolders } from "./cache-folders.ts";
import { type LogLevel, logLevels } from "./log.ts";
import {
  choice,
  decimal,
  flag,
  integer,
  integerWithin,
  list,
  onOff,
  path,
  text,
  type Value,
} from "./setting-value.ts";
import { isUpsideDown, vadDefaults, vadLimits, type VadPreset } from "./vad.ts";

export type Command = "serve" | "transcribe";

export interface Setting<T> {
  /** The environment variable; a flag wins over it. */
  readonly variable: string;
  /** The flag of `open-asr-server serve`, where it has one. */
  readonly flag?: string;
  /** One-letter form of the flag. */
  readonly alias?: string;
  /** The flag may be given several times; its values are joined by commas. */
  readonly repeats?: true;
  /** The commands that take the flag. */
  readonly commands?: readonly Command[];
  readonly fallback: T;
  /** How the fallback is told to people, where its value does not say it. */
  readonly fallbackText?: string;
  readonly value: Value<T>;
  readonly help: string;
  /** Left out of the help: not for operators. */
  readonly hidden?: true;
}

/** A start that cannot go on because of what the operator wrote; the words go to them as they are. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const both: readonly Command[] = ["serve", "transcribe"];
const serve: readonly Command[] = ["serve"];

export const settings = {
  host: setting<string>({
    variable: "OPEN_ASR_SERVER_HOST",
    flag: "host",
    alias: "h",
    commands: serve,
    fallback: "127.0.0.1",
    value: text("ADDRESS"),
    help: "Address to listen on; 0.0.0.0 listens on every network",
  }),
  port: setting<number>({
    variable: "OPEN_ASR_SERVER_PORT",
    flag: "port",
    alias: "p",
    commands: serve,
    fallback: 8000,
    value: integer("PORT", 0, 65_535),
    help: "Port to listen on; 0 takes any free one and prints it",
  }),
  defaultModel: setting<string | null>({
    variable: "OPEN_ASR_SERVER_DEFAULT_MODEL",
    flag: "model",
    commands: both,
    fallback: null,
    fallbackText: "the starter model",
    value: text("MODEL"),
    help: "Model of requests that name none: a name or [backend:]/path/to/file",
  }),
  preload: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_PRELOAD",
    flag: "preload",
    alias: "m",
    repeats: true,
    commands: serve,
    fallback: [],
    fallbackText: "none",
    value: list("MODEL,..."),
    help: "Models to load at the start instead of at their first request",
  }),
  apiKeys: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_API_KEY",
    fallback: [],
    fallbackText: "none: everybody is let in",
    value: list("KEY,..."),
    help: "Keys of which a request must send one as `Authorization: Bearer KEY`",
  }),
  allowedModels: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_ALLOWED_MODELS",
    fallback: [],
    fallbackText: "every model, no path",
    value: list("GLOB,..."),
    help: "Models that requests may name, as globs; a path must be listed here",
  }),
  defaultBackend: setting<string | null>({
    variable: "OPEN_ASR_DEFAULT_BACKEND",
    fallback: null,
    fallbackText: "none",
    value: text("BACKEND"),
    help: "Backend that is taken when several accept a model's name",
  }),
  lanes: setting<number>({
    variable: "OPEN_ASR_SERVER_TRANSCRIBE_WORKERS",
    flag: "workers",
    commands: both,
    fallback: 0,
    fallbackText: "0, one per physical core",
    value: integer("N", 0, 256),
    help: "Chunks of audio that a model works on at the same time",
  }),
  threadsPerLane: setting<number>({
    variable: "OPEN_ASR_THREADS",
    flag: "threads",
    commands: both,
    fallback: 1,
    value: integer("N", 1, 256),
    help: "Threads that each of them uses",
  }),
  beamSize: setting<number>({
    variable: "OPEN_ASR_BEAM_SIZE",
    flag: "beam",
    commands: both,
    fallback: 5,
    value: integer("N", 1, 8),
    help: "Beams of the search at temperature 0; 1 is fastest",
  }),
  encoderWindow: setting<"auto" | "full">({
    variable: "OPEN_ASR_ENCODER_WINDOW",
    flag: "encoder-window",
    commands: both,
    fallback: "auto",
    value: choice(["auto", "full"]),
    help: "auto shortens Whisper's 30 s window for short audio; full never does",
  }),
  vad: setting<boolean>({
    variable: "OPEN_ASR_VAD",
    flag: "vad",
    commands: both,
    fallback: true,
    fallbackText: "on",
    value: onOff(),
    help: "Finds the speech first: silence and noise never reach the model",
  }),
  vadThreshold: setting<number>({
    variable: "OPEN_ASR_VAD_THRESHOLD",
    flag: "vad-threshold",
    commands: both,
    fallback: vadDefaults.threshold,
    value: decimal(vadLimits.threshold),
    help: "Speech begins at this probability; raise it in noise",
  }),
  vadNegThreshold: setting<number | null>({
    variable: "OPEN_ASR_VAD_NEG_THRESHOLD",
    flag: "vad-neg-threshold",
    commands: both,
    fallback: vadDefaults.negThreshold,
    fallbackText: "0.15 under the threshold",
    value: decimal(vadLimits.negThreshold),
    help: "Silence begins below this probability",
  }),
  vadMinSpeechMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SPEECH_MS",
    flag: "vad-min-speech-ms",
    commands: both,
    fallback: vadDefaults.minSpeechMs,
    value: integerWithin(vadLimits.minSpeechMs),
    help: "Speech is longer than this; what is shorter counts as noise",
  }),
  vadMinSilenceMs: setting<number>({
    variable: "OPEN_ASR_VAD_MIN_SILENCE_MS",
    flag: "vad-min-silence-ms",
    commands: both,
    fallback: vadDefaults.minSilenceMs,
    value: integerWithin(vadLimits.minSilenceMs),
    help: "Silence as long as this parts speech from speech",
  }),
  vadSpeechPadMs: setting<number>({
    variable: "OPEN_ASR_VAD_SPEECH_PAD_MS",
    flag: "vad-speech-pad-ms",
    commands: both,
    fallback: vadDefaults.speechPadMs,
    value: integerWithin(vadLimits.speechPadMs),
    help: "Kept before and behind speech, where words begin and fade",
  }),
  vadMaxSpeechS: setting<number | null>({
    variable: "OPEN_ASR_VAD_MAX_SPEECH_S",
    flag: "vad-max-speech-s",
    commands: both,
    fallback: vadDefaults.maxSpeechS,
    fallbackText: "what the model takes",
    value: decimal(vadLimits.maxSpeechS),
    help: "Longest speech that is decoded at once, cut in its deepest pause",
  }),
  uploadBytesMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    fallback: 512 * 1024 * 1024,
    value: integer("BYTES", 1, Number.MAX_SAFE_INTEGER),
    help: "Largest file that a request may send",
  }),
  uploadIdleS: setting<number>({
    variable: "OPEN_ASR_SERVER_UPLOAD_IDLE_SECONDS",
    fallback: 60,
    value: integer("SECONDS", 1, 60 * 60),
    help: "How long an upload may bring no byte before it is given up",
  }),
  audioSMax: setting<number>({
    variable: "OPEN_ASR_SERVER_MAX_AUDIO_SECONDS",
    fallback: 4 * 60 * 60,
    value: integer("SECONDS", 1, 7 * 24 * 60 * 60),
    help: "Longest audio that is transcribed",
  }),
  queueJobsMax: setting<number>({
    variable: "OPEN_ASR_SERVER_QUEUE_MAX",
    fallback: 64,
    value: integer("JOBS", 1, 100_000),
    help: "Requests that may wait for one model; more are told to come back",
  }),
  modelDir: setting<string | null>({
    variable: "OPEN_ASR_SERVER_MODEL_DIR",
    fallback: null,
    fallbackText: "none",
    value: path("FOLDER"),
    help: "Folder of ggml-NAME.bin files that can be asked for by their names",
  }),
  cacheFolders: setting<readonly string[] | null>({
    variable: "OPEN_ASR_SERVER_CACHE_DIR",
    fallback: null,
    fallbackText: "the user's cache folder",
    value: { ...path("FOLDER"), read: (written) => [resolve(written)] },
    help: "Folder that the libraries inside the executable are unpacked to",
  }),
  spoolDir: setting<string | null>({
    variable: "OPEN_ASR_SERVER_SPOOL_DIR",
    fallback: null,
    fallbackText: "the system's temporary folder",
    value: path("FOLDER"),
    help: "Folder that holds uploads while their requests last",
  }),
  logLevel: setting<LogLevel>({
    variable: "OPEN_ASR_SERVER_LOG_LEVEL",
    fallback: "info",
    value: choice(logLevels),
    help: "Least severe line of the log that is written",
  }),
  nullBackend: setting<boolean>({
    variable: "OPEN_ASR_SERVER_NULL_BACKEND",
    fallback: false,
    value: flag(),
    help: "Offers the engine without a model that fault tests use",
    hidden: true,
  }),
} as const;

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly defaultModel: string | null;
  readonly preload: readonly string[];
  readonly apiKeys: readonly string[];
  readonly allowedModels: readonly string[];
  readonly defaultBackend: string | null;
  /** 0: one per physical core, as far as memory allows. */
  readonly lanes: number;
  readonly threadsPerLane: number;
  readonly beamSize: number;
  readonly encoderWindow: "auto" | "full";
  readonly vad: boolean;
  readonly vadThreshold: number;
  readonly vadNegThreshold: number | null;
  readonly vadMinSpeechMs: number;
  readonly vadMinSilenceMs: number;
  readonly vadSpeechPadMs: number;
  readonly vadMaxSpeechS: number | null;
  readonly uploadBytesMax: number;
  readonly uploadIdleS: number;
  readonly audioSMax: number;
  readonly queueJobsMax: number;
  readonly modelDir: string | null;
  /** Best first. */
  readonly cacheFolders: readonly string[];
  readonly spoolDir: string;
  readonly logLevel: LogLevel;
  readonly nullBackend: boolean;
}

/** Values of flags by the flag's name, as written. */
export type Flags = Readonly<Record<string, string | undefined>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of this process: flag, else variable, else default. An empty variable counts as absent. */
export function loadConfig(flags: Flags = {}, environment: Environment = process.env): Config {
  const read = <T>(entry: Setting<T>) => readSetting(entry, flags, environment) ?? entry.fallback;
  const config: Config = {
    host: read(settings.host),
    port: read(settings.port),
    defaultModel: read(settings.defaultModel),
    preload: read(settings.preload),
    apiKeys: read(settings.apiKeys),
    allowedModels: read(settings.allowedModels),
    defaultBackend: read(settings.defaultBackend),
    lanes: read(settings.lanes),
    threadsPerLane: read(settings.threadsPerLane),
    beamSize: read(settings.beamSize),
    encoderWindow: read(settings.encoderWindow),
    vad: read(settings.vad),
    vadThreshold: read(settings.vadThreshold),
    vadNegThreshold: read(settings.vadNegThreshold),
    vadMinSpeechMs: read(settings.vadMinSpeechMs),
    vadMinSilenceMs: read(settings.vadMinSilenceMs),
    vadSpeechPadMs: read(settings.vadSpeechPadMs),
    vadMaxSpeechS: read(settings.vadMaxSpeechS),
    uploadBytesMax: read(settings.uploadBytesMax),
    uploadIdleS: read(settings.uploadIdleS),
    audioSMax: read(settings.audioSMax),
    queueJobsMax: read(settings.queueJobsMax),
    modelDir: read(settings.modelDir),
    cacheFolders: read(settings.cacheFolders) ?? cacheFolders(environment),
    spoolDir: read(settings.spoolDir) ?? tmpdir(),
    logLevel: read(settings.logLevel),
    nullBackend: read(settings.nullBackend),
  };
  const { options } = vadPreset(config);
  if (isUpsideDown(options)) {
    const words = `--vad-neg-threshold is ${options.negThreshold}, expected at most the threshold`;
    throw new UsageError(`${words}, ${options.threshold}`);
  }
  return Object.freeze(config);
}

/** The settings of voice activity. */
export type VadConfig = Pick<Config, Extract<keyof Config, `vad${string}`>>;

/** What the settings say of voice activity. */
export function vadPreset(config: VadConfig): VadPreset {
  return {
    on: config.vad,
    options: {
      threshold: config.vadThreshold,
      negThreshold: config.vadNegThreshold,
      minSpeechMs: config.vadMinSpeechMs,
      minSilenceMs: config.vadMinSilenceMs,
      speechPadMs: config.vadSpeechPadMs,
      maxSpeechS: config.vadMaxSpeechS,
    },
  };
}

/** Whether colour may be written to a stream: only to a terminal whose user did not refuse it (NO_COLOR). */
export function colorAllowed(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env["NO_COLOR"];
}

// --- internal ---

function readSetting<T>(entry: Setting<T>, flags: Flags, environment: Environment): T | undefined {
  const fromFlag = entry.flag === undefined ? undefined : flags[entry.flag];
  const written = fromFlag ?? (environment[entry.variable]?.trim() || undefined);
  if (written === undefined) return undefined;
  const value = entry.value.read(written);
  if (value === undefined) {
    const name = fromFlag === undefined ? entry.variable : `--${entry.flag}`;
    throw new UsageError(`${name} is "${written}", expected ${entry.value.expected}`);
  }
  return value;
}

function setting<T>(entry: Setting<T>): Setting<T> {
  return entry;
}

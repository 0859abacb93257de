/** Reads and validates the settings of this process. No other module reads the environment variables of settings. */
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { fileProblems } from "./config-file-problems.ts";
import { readKeyFile } from "./key-file.ts";
import { aliasProblems } from "../models/aliases.ts";
import { devicesOf, gpuProblem, usesGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import { deviceMachine } from "./machine.ts";
import { unknownVariables, withoutKubernetes, withoutSecrets } from "./environment.ts";
import { settings } from "./index.ts";
import { defaultOf, type Flags, type FoundValue, readSetting } from "./read-setting.ts";
import type { Command, Environment, Setting } from "./setting.ts";
import { thresholdsInverted, vadOptionsFrom, type VadPreset } from "../ipc/vad.ts";
import { vadSettingName } from "./vad.ts";

export type Config = {
  readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer T>
    ? T
    : never;
};

/** Error for invalid flags or settings. `lines` contains the lines of text that are printed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** The value of each setting, and its source. */
export type FoundSettings = Readonly<Record<keyof Config, FoundValue>>;

export interface ExaminedConfig {
  readonly config: Config;
  readonly found: FoundSettings;
  /** Error messages. Empty when all settings are valid. */
  readonly problems: readonly string[];
}

/**
 * Reads all settings. The value of a setting comes from its flag, its environment variable, the configuration file or
 * its default, in this order. A blank variable counts as unset, but a blank flag is an error. Throws one UsageError
 * with a line for each problem.
 */
export function loadConfig(flags: Flags = {}, environment: Environment = process.env): Config {
  return configOf(findSettings(flags, environment));
}

/** Reads all settings like `loadConfig`, and returns the source of each value. */
export function findSettings(
  flags: Flags = {},
  environment: Environment = process.env,
): FoundSettings {
  const { found, problems } = readSettings(flags, environment);
  if (problems.length > 0) throw new UsageError(...problems);
  return found;
}

/**
 * Reads all settings like `loadConfig`, but does not throw a UsageError. Returns the error messages instead. If the
 * value of a setting is invalid, the setting has its default.
 */
export function examineConfig(flags: Flags): ExaminedConfig {
  const { found, problems } = readSettings(flags, process.env);
  return { config: configOf(found), found, problems };
}

/**
 * Reads the settings of `serve`, including the API keys in the key file. Other commands do not read the key file,
 * because they need no API keys and may not have the permission to read the file. Throws UsageError.
 */
export function loadServerConfig(flags: Flags): Config {
  const config = loadConfig(flags);
  return Object.freeze({ ...config, apiKeys: keysOf(config) });
}

/** Returns the settings for `command`. If the command does not use a setting, the setting has its default value. */
export function defaultsExcept(command: Command, config: Config): Config {
  const entries = Object.entries<Setting<unknown>>(settings)
    .filter(([, { commands }]) => !commands.includes(command))
    .map(([name, { fallback }]) => [
      name,
      typeof fallback === "function" ? fallback({}) : fallback,
    ]);
  return Object.freeze({ ...config, ...(Object.fromEntries(entries) as Partial<Config>) });
}

/**
 * Returns the names of the environment variables for API keys that are set but blank, for example because a secret of
 * the service is missing.
 */
export function blankKeyVariables(environment: Environment = process.env): readonly string[] {
  return [settings.apiKeys, settings.apiKeyFile]
    .map(({ variable }) => variable)
    .filter((variable) => environment[variable]?.trim() === "");
}

/** Settings of voice activity detection (VAD). */
export type VadConfig = Pick<Config, Extract<keyof Config, `vad${string}`>>;

/** Returns the options of voice activity detection that apply if a request has no such options. */
export function vadPreset(config: VadConfig): VadPreset {
  return {
    on: config.vad,
    options: vadOptionsFrom((name) => config[vadSettingName(name)]),
  };
}

/**
 * Returns the environment of a runner. The environment contains no secrets, because the runner decodes untrusted audio.
 * It contains the variables in `needed`. If the operator has set one of these variables, the operator's value is used.
 */
export function runnerEnvironment(
  needed: Readonly<Record<string, string>>,
): Record<string, string> {
  return { ...needed, ...withoutSecrets(process.env) };
}

/**
 * Returns whether output may contain colours. This is the case when the stream is a terminal and NO_COLOR is not set.
 */
export function colorAllowed(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env["NO_COLOR"];
}

/**
 * Returns whether output may move the cursor. This is the case when the stream is a terminal that can move the cursor
 * (TERM is not "dumb").
 */
export function cursorAllowed(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env["TERM"] !== "dumb";
}

// --- internal ---

function readSettings(flags: Flags, environment: Environment): Omit<ExaminedConfig, "config"> {
  const variables = withoutKubernetes(environment);
  const { file, problem: fileProblem } = findConfigFile(flags, variables);
  const problems = [...unknownVariables(variables), ...(file === null ? [] : fileProblems(file))];
  const sources = { flags, environment: variables, file };
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, entry]) => {
    const { problem, ...value } = readSetting(entry, sources);
    if (problem === null) return [name, value] as const;
    problems.push(problem);
    return [name, defaultOf(entry, variables)] as const;
  });
  const found = Object.fromEntries(entries) as FoundSettings;
  // If the configuration file cannot be read, returns only this problem, because it may be the cause of other problems.
  if (fileProblem !== null) return { found, problems: [fileProblem] };
  return { found, problems: problems.length > 0 ? problems : contradictionsOf(configOf(found)) };
}

function configOf(found: FoundSettings): Config {
  const values = Object.entries(found).map(([name, { value }]) => [name, value]);
  return Object.freeze(Object.fromEntries(values) as Config);
}

interface FoundFile {
  /** Null when there is no configuration file, or when it cannot be read. */
  readonly file: ConfigFile | null;
  readonly problem: string | null;
}

/** Reads the configuration file, if there is one. */
function findConfigFile(flags: Flags, environment: Environment): FoundFile {
  const { value, problem } = readSetting(settings.configFile, { flags, environment, file: null });
  if (problem !== null || typeof value !== "string") return { file: null, problem };
  try {
    return { file: readConfigFile(value, environment), problem: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { file: null, problem: `Cannot read the configuration file "${value}": ${reason}` };
  }
}

/** Returns the API keys. If a key file is set, reads them from the key file. */
function keysOf({ apiKeys, apiKeyFile }: Config): readonly string[] {
  if (apiKeyFile === null) return apiKeys;
  try {
    return readKeyFile(apiKeyFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read keys from the file "${apiKeyFile}": ${reason}`);
  }
}

/** Returns an error message for each contradiction between settings. */
function contradictionsOf(config: Config): string[] {
  const lines: string[] = [];
  if (config.apiKeys.length > 0 && config.apiKeyFile !== null) {
    lines.push(
      "OPEN_ASR_SERVER_API_KEY and OPEN_ASR_SERVER_API_KEY_FILE are both set: set only one of them",
    );
  }
  lines.push(
    ...aliasProblems(config.modelAliases).map(
      (problem) => `OPEN_ASR_SERVER_MODEL_ALIASES (--alias) is invalid: ${problem}`,
    ),
  );
  const backends = listBackends(config).map(({ id }) => id);
  if (config.defaultBackend !== null && !backends.includes(config.defaultBackend)) {
    lines.push(
      `OPEN_ASR_DEFAULT_BACKEND is "${config.defaultBackend}", expected ${backends.join(" or ")}`,
    );
  }
  const engines = listBackends(config);
  if (config.device === "gpu" && !engines.some((one) => usesGpu(one, "gpu", deviceMachine()))) {
    const machine = deviceMachine();
    const devices = engines.map((one) => `${one.id}: ${devicesOf(one, machine).join(", ")}`);
    const reasons = engines.map((one) => `${one.id}: ${gpuProblem(one, machine)}`);
    lines.push(
      'OPEN_ASR_DEVICE (--device) is "gpu", expected auto or cpu: no backend can use a GPU on this machine ' +
        `(${devices.join("; ")}). Reasons: ${reasons.join("; ")}`,
    );
  }
  if (config.spoolBytesMax < config.uploadBytesMax) {
    lines.push(
      `OPEN_ASR_SERVER_MAX_SPOOL_BYTES is ${config.spoolBytesMax}, expected at least ` +
        `OPEN_ASR_SERVER_MAX_UPLOAD_BYTES, ${config.uploadBytesMax}`,
    );
  }
  if (config.audioRateMin > config.audioRateMax) {
    lines.push(
      `OPEN_ASR_SERVER_MIN_AUDIO_RATE is ${config.audioRateMin}, expected at most ` +
        `OPEN_ASR_SERVER_MAX_AUDIO_RATE, ${config.audioRateMax}`,
    );
  }
  const { options } = vadPreset(config);
  if (thresholdsInverted(options)) {
    lines.push(
      `--vad-neg-threshold is ${options.negThreshold}, expected at most the threshold, ${options.threshold}`,
    );
  }
  return lines;
}

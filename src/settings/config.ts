/** The settings of this process, read from flags and environment and checked; the only reader of the environment. */
import { readKeyFile } from "./key-file.ts";
import { devicesOf, usesGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import {
  laterVariables,
  unknownVariables,
  withoutKubernetes,
  withoutSecrets,
} from "./environment.ts";
import { settings } from "./index.ts";
import type { Environment, Setting } from "./setting.ts";
import { thresholdsInverted, vadOptionsFrom, type VadPreset } from "../ipc/vad.ts";
import { vadSettingName } from "./vad.ts";

export type Config = {
  readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer T>
    ? T
    : never;
};

/** Values of flags by the flag's name, as written. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** A start that cannot go on because of what the operator wrote; each line goes to them as it is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** Flag, else variable, else default. A blank variable counts as absent, a blank flag as a mistake. Throws UsageError with all that is wrong. */
export function loadConfig(flags: Flags = {}, environment: Environment = process.env): Config {
  const variables = withoutKubernetes(environment);
  const problems = unknownVariables(variables);
  const values = Object.entries<Setting<unknown>>(settings).map(([name, entry]) => {
    const { value, problem } = readSetting(entry, flags, variables);
    if (problem !== null) problems.push(problem);
    return [name, value];
  });
  if (problems.length > 0) throw new UsageError(...problems);
  const config = Object.fromEntries(values) as Config;
  const contradictions = contradictionsOf(config);
  if (contradictions.length > 0) throw new UsageError(...contradictions);
  return Object.freeze(config);
}

/** The settings of a server, with the keys that stand in a file: others need none, and may not read it. Throws UsageError. */
export function loadServerConfig(flags: Flags): Config {
  const config = loadConfig(flags);
  return Object.freeze({ ...config, apiKeys: keysOf(config) });
}

/** Variables of API keys that are set but blank, as when a secret was not filled in. */
export function blankKeyVariables(environment: Environment = process.env): readonly string[] {
  return [settings.apiKeys, settings.apiKeyFile]
    .map(({ variable }) => variable)
    .filter((variable) => environment[variable]?.trim() === "");
}

/** What the operator set and this version does not have yet, a line each. */
export function settingsWithoutEffect(environment: Environment = process.env): readonly string[] {
  return laterVariables(environment);
}

/** The settings of voice activity. */
export type VadConfig = Pick<Config, Extract<keyof Config, `vad${string}`>>;

/** What the settings say of voice activity. */
export function vadPreset(config: VadConfig): VadPreset {
  return {
    on: config.vad,
    options: vadOptionsFrom((name) => config[vadSettingName(name)]),
  };
}

/** The environment of a runner, which reads audio that nobody vouches for; the operator's variables win over `needed`. */
export function runnerEnvironment(
  needed: Readonly<Record<string, string>>,
): Record<string, string> {
  return { ...needed, ...withoutSecrets(process.env) };
}

/** Whether colour may be written to a stream: only to a terminal whose user did not refuse it (NO_COLOR). */
export function colorAllowed(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env["NO_COLOR"];
}

// --- internal ---

/** The keys, which may stand in a file. */
function keysOf({ apiKeys, apiKeyFile }: Config): readonly string[] {
  if (apiKeyFile === null) return apiKeys;
  try {
    return readKeyFile(apiKeyFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot take keys from the file "${apiKeyFile}": ${reason}`);
  }
}

/** Settings that cannot be meant beside the others, a line each. */
function contradictionsOf(config: Config): string[] {
  const lines: string[] = [];
  if (config.apiKeys.length > 0 && config.apiKeyFile !== null) {
    lines.push(
      "OPEN_ASR_SERVER_API_KEY and OPEN_ASR_SERVER_API_KEY_FILE are both set: keys come from one of them",
    );
  }
  const backends = listBackends(config).map(({ id }) => id);
  if (config.defaultBackend !== null && !backends.includes(config.defaultBackend)) {
    lines.push(
      `OPEN_ASR_DEFAULT_BACKEND is "${config.defaultBackend}", expected ${backends.join(" or ")}`,
    );
  }
  const engines = listBackends(config);
  if (config.device === "gpu" && !engines.some((one) => usesGpu(one, "gpu"))) {
    const there = engines.map((one) => `${one.id}: ${devicesOf(one).join(", ")}`).join("; ");
    lines.push(
      `OPEN_ASR_DEVICE (--device) is "gpu", expected auto or cpu: no backend of this build has a GPU here (${there})`,
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
    const words = `--vad-neg-threshold is ${options.negThreshold}, expected at most the threshold`;
    lines.push(`${words}, ${options.threshold}`);
  }
  return lines;
}

interface Reading {
  readonly value: unknown;
  /** What is wrong with what was written. */
  readonly problem: string | null;
}

function readSetting(entry: Setting<unknown>, flags: Flags, environment: Environment): Reading {
  const fromFlag = entry.flag === undefined ? undefined : flags[entry.flag];
  const written = fromFlag ?? (environment[entry.variable]?.trim() || undefined);
  if (written === undefined) {
    const { fallback } = entry;
    const value = typeof fallback === "function" ? fallback(environment) : fallback;
    return { value, problem: null };
  }
  const value = written.trim() === "" ? undefined : entry.value.read(written);
  if (value !== undefined) return { value, problem: null };
  const name = fromFlag === undefined ? entry.variable : `--${entry.flag}`;
  const found = entry.secret ? "is not what it should be" : `is "${written}"`;
  return { value, problem: `${name} ${found}, expected ${entry.value.expected}` };
}

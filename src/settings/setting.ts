/** Defines the interface of a setting: its variable, flag, default, allowed values and help. */
import type { Value } from "./value.ts";

export type Command = (typeof everywhere)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  /** Name of the environment variable. The flag overrides the variable. */
  readonly variable: string;
  /** Name of the flag. Absent for secrets, because every user of a machine can read command lines. */
  readonly flag?: string;
  /** One-letter form of the flag. */
  readonly alias?: string;
  /** Present when the flag may be repeated. The values are joined with commas. */
  readonly repeats?: true;
  /** Commands that use the setting and accept its flag. */
  readonly commands: readonly Command[];
  readonly fallback: T | ((environment: Environment) => T);
  /** Description of the default, when the value alone does not explain it. */
  readonly fallbackText?: string;
  readonly value: Value<T>;
  readonly help: string;
  /** Present when the value is a secret and must never be printed. */
  readonly secret?: true;
  /** Present when a configuration file cannot contain the setting. */
  readonly notInFile?: true;
  /** Present when help and documentation omit the setting, because it is not intended for operators. */
  readonly hidden?: true;
}

export const everywhere = [
  "serve",
  "transcribe",
  "smoke",
  "bench",
  "backends",
  "models",
  "doctor",
  "health",
] as const;
/** Commands that transcribe audio. */
export const transcribing: readonly Command[] = ["serve", "transcribe", "smoke", "bench"];
export const every: readonly Command[] = [...transcribing, "backends", "doctor"];
export const downloading: readonly Command[] = [...transcribing, "models", "doctor"];
/** The commands that transcribe audio, and `doctor`, which checks the settings of these commands. */
export const checked: readonly Command[] = [...transcribing, "doctor"];
export const serve: readonly Command[] = ["serve"];
export const serveAndHealth: readonly Command[] = ["serve", "health"];

export function setting<T>(entry: Setting<T>): Setting<T> {
  return entry;
}

/**
 * Returns the command that has the settings of the command `name`. For example, "models pull" has the settings of
 * "models". "config" and "service install" have the settings of "serve".
 */
export function settingsCommand(name: string): Command {
  return (
    ["config", "service install"].includes(name) ? "serve" : name.split(" ", 1)[0]
  ) as Command;
}

/**
 * Returns the key of a setting in a configuration file. The key is the name of the flag. If the setting has no flag,
 * the key is the name of the variable in the form of a flag. Null when a configuration file cannot contain the setting.
 */
export function fileKey({ notInFile, flag, variable }: Setting<unknown>): string | null {
  return notInFile === true ? null : (flag ?? bareName(variable));
}

/**
 * Converts the name of a variable or flag to the form of a flag. Removes the prefix and the dashes at the start. For
 * example, OPEN_ASR_SERVER_MAX_REQUESTS becomes max-requests.
 */
export function bareName(name: string): string {
  const flag = name.toLowerCase().replaceAll("_", "-").replace(/^-+/, "");
  return flag.replace(/^open-asr-(?:server-)?/, "");
}

/** Returns the text that describes the default of a setting. */
export function defaultText({ fallback, fallbackText }: Setting<unknown>): string {
  return fallbackText ?? String(fallback);
}

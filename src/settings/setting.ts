/** One setting: its variable, flag, default, allowed values and help. */
import type { Value } from "./value.ts";

export type Command = "serve" | "transcribe" | "backends" | "models";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  /** The environment variable; a flag overrides it. */
  readonly variable: string;
  /** Absent for secrets, because every user of a machine can read command lines. */
  readonly flag?: string;
  /** One-letter form of the flag. */
  readonly alias?: string;
  /** The flag may be repeated; the values are joined with commas. */
  readonly repeats?: true;
  /** The commands that accept the flag. */
  readonly commands: readonly Command[];
  readonly fallback: T | ((environment: Environment) => T);
  /** The default in words, when the value alone does not explain it. */
  readonly fallbackText?: string;
  readonly value: Value<T>;
  readonly help: string;
  /** Never print the value. */
  readonly secret?: true;
  /** Omitted from help and documentation, because the setting is not for operators. */
  readonly hidden?: true;
}

export const every: readonly Command[] = ["serve", "transcribe", "backends"];
export const both: readonly Command[] = ["serve", "transcribe"];
export const downloading: readonly Command[] = ["serve", "transcribe", "models"];
export const serve: readonly Command[] = ["serve"];

export function setting<T>(entry: Setting<T>): Setting<T> {
  return entry;
}

/** The command whose settings the command `name` takes: "models" for "models pull". */
export function settingsCommand(name: string): Command {
  return name.split(" ", 1)[0] as Command;
}

/** The default of a setting, in words. */
export function defaultText({ fallback, fallbackText }: Setting<unknown>): string {
  return fallbackText ?? String(fallback);
}

/** One setting: its variable, its flag, its default, what it may be, what it is for. */
import type { Value } from "./value.ts";

export type Command = "serve" | "transcribe";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  /** The environment variable; a flag wins over it. */
  readonly variable: string;
  /** The flag of `open-asr-server serve`; a secret has none, since every user of a machine sees command lines. */
  readonly flag?: string;
  /** One-letter form of the flag. */
  readonly alias?: string;
  /** The flag may be given several times; its values are joined by commas. */
  readonly repeats?: true;
  /** The commands that take the flag. */
  readonly commands: readonly Command[];
  readonly fallback: T | ((environment: Environment) => T);
  /** How the fallback is told to people, where its value does not say it. */
  readonly fallbackText?: string;
  readonly value: Value<T>;
  readonly help: string;
  /** Its value is never shown. */
  readonly secret?: true;
  /** Left out of the help: not for operators. */
  readonly hidden?: true;
}

export const both: readonly Command[] = ["serve", "transcribe"];
export const serve: readonly Command[] = ["serve"];

export function setting<T>(entry: Setting<T>): Setting<T> {
  return entry;
}

/** A setting's default in words. */
export function defaultText({ fallback, fallbackText }: Setting<unknown>): string {
  return fallbackText ?? String(fallback);
}

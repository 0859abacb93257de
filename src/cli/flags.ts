/**
 * Defines the flags that set settings, and parses all flags of a command. If a flag is invalid, the parser stops with
 * an error message that contains the name of the flag.
 */
import { existsSync } from "node:fs";
import { parseArgs, type ParseArgsOptionDescriptor } from "node:util";
import type { ArgDef, ArgsDef } from "citty";
import { UsageError } from "../settings/config.ts";
import { settings } from "../settings/index.ts";
import { type Setting, settingsCommand } from "../settings/setting.ts";
import type { Value } from "../settings/value.ts";
import { shownPath, systemPath } from "./file-names.ts";
import { fileReadAsFlag, isOnOff, unexpectedArgument, unknownFlag } from "./suggestions.ts";

/** Returns the flags of a command in the form that citty expects. */
export function settingArgs(command: string): ArgsDef {
  const args: ArgsDef = {};
  const owner = settingsCommand(command);
  for (const entry of Object.values<Setting<unknown>>(settings)) {
    if (entry.flag === undefined || !entry.commands.includes(owner)) continue;
    args[entry.flag] = {
      type: "string",
      ...(entry.alias === undefined ? {} : { alias: entry.alias }),
      valueHint: entry.value.hint,
      description: entry.help,
    };
  }
  return args;
}

export interface ReadArgs {
  /**
   * Unparsed values by flag name. The value of a boolean flag is "true". The values of a repeated flag are joined with
   * commas.
   */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Flags in the form that the user wrote, for example "-m" or "--model". */
  readonly written: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/**
 * Parses flags with Node's parser, because the parser of citty accepts unknown flags and missing values. Throws
 * UsageError.
 */
export function readArgs(
  rawArgs: readonly string[],
  definitions: ArgsDef,
  command: string,
): ReadArgs {
  const options = Object.entries(definitions).flatMap(([name, definition]) =>
    definition.type === "positional" ? [] : [[name, optionOf(definition)] as const],
  );
  const { tokens } = parseArgs({
    args: [...rawArgs],
    options: Object.fromEntries(options),
    strict: false,
    tokens: true,
  });
  const takesPositionals = Object.values(definitions).some(({ type }) => type === "positional");
  const values = new Map<string, string>();
  const written = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (!takesPositionals) throw new UsageError(unexpectedArgument(token.value, command));
      positionals.push(token.value);
    } else if (token.kind === "option") {
      const option = { ...positive(token, definitions), argument: rawArgs[token.index] ?? "" };
      if (takesPositionals) refuseFile(option.argument, definitions);
      const value = readOption(option, definitions, command);
      const earlier = values.get(option.name);
      if (earlier !== undefined && !repeating.has(option.name)) {
        throw new UsageError(`--${option.name} is given twice, expected once`);
      }
      values.set(option.name, earlier === undefined ? value : `${earlier},${value}`);
      written.add(token.rawName);
    }
  }
  return { flags: Object.fromEntries(values), written, positionals };
}

/** Parses the value of a flag that is not a setting. Throws UsageError when the value is not allowed. */
export function readFlag<T>(name: string, written: string, value: Value<T>): T {
  const found = value.read(written);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} is "${written}", expected ${value.expected}`);
}

// --- internal ---

const repeating: ReadonlySet<string | undefined> = new Set(
  Object.values<Setting<unknown>>(settings)
    .filter(({ repeats }) => repeats)
    .map((entry) => entry.flag),
);

interface Option {
  readonly name: string;
  /** The flag in the form that the user wrote, for example "-m" or "--model". */
  readonly rawName: string;
  readonly value: string | undefined;
  /**
   * Whether the flag and its value are one argument, as in --model=base or -mbase. Undefined for a flag without a
   * value.
   */
  readonly inlineValue: boolean | undefined;
  /** The whole command-line argument that contains the flag. */
  readonly argument: string;
}

function optionOf({ type, ...definition }: ArgDef): ParseArgsOptionDescriptor {
  const alias = "alias" in definition ? definition.alias : undefined;
  return {
    type: type === "boolean" ? "boolean" : "string",
    ...(typeof alias === "string" ? { short: alias } : {}),
  };
}

type ParsedOption = Omit<Option, "argument">;

/** Returns the flag `--vad off` for `--no-vad`. Returns every other flag unchanged. */
function positive(option: ParsedOption, definitions: ArgsDef): ParsedOption {
  const [, name = ""] = /^--no-(.+)$/.exec(option.rawName) ?? [];
  const isSwitch = Object.hasOwn(definitions, name) && isOnOff(definitions[name]);
  if (!isSwitch || option.value !== undefined) return option;
  return { name, rawName: option.rawName, value: "off", inlineValue: true };
}

/** Returns the value of one flag, or "true" for a boolean flag. Throws UsageError. */
function readOption(option: Option, definitions: ArgsDef, command: string): string {
  const { name, rawName, value, inlineValue, argument } = option;
  const [, longName = ""] = /^-([\w-]{2,})/.exec(argument) ?? [];
  if (!argument.startsWith("--") && Object.hasOwn(definitions, longName)) {
    throw new UsageError(`Unknown flag -${longName}: did you mean --${longName}?`);
  }
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (definition === undefined || definition.type === "positional") {
    throw new UsageError(unknownFlag(rawName, definitions, command));
  }
  if (definition.type === "boolean") {
    if (value === undefined) return "true";
    throw new UsageError(`--${name} takes no value, found "${value}"`);
  }
  const missing = `${rawName} needs a value: ${rawName} ${definition.valueHint ?? name.toUpperCase()}`;
  if (value === undefined) throw new UsageError(missing);
  if (inlineValue !== true && /^-./.test(value)) {
    if (isFlag(value, definitions)) throw new UsageError(missing);
    throw new UsageError(
      `${rawName} needs a value, found "${value}"; a value that starts with a dash is written --${name}=${value}`,
    );
  }
  if (inlineValue === true && !rawName.startsWith("--") && value.startsWith("=")) {
    throw new UsageError(`${rawName} has no form with "=": write --${name}${value}`);
  }
  return value;
}

/**
 * Throws UsageError when the argument was read as a flag but is also the name of a file, because the user may have
 * meant the file. A shell replaces the pattern * by the names of all files in a folder, and a name can start with a
 * dash. For example, the file -lead.flac would set the language to "ead.flac".
 */
function refuseFile(argument: string, definitions: ArgsDef): void {
  const [name = ""] = argument.split("=");
  if (isFlag(argument, definitions) || isFlag(name, definitions)) return;
  if (existsSync(systemPath(argument))) throw new UsageError(fileReadAsFlag(shownPath(argument)));
}

function isFlag(argument: string, definitions: ArgsDef): boolean {
  return Object.entries(definitions).some(
    ([name, definition]) =>
      argument === `--${name}` ||
      ("alias" in definition && argument === `-${String(definition.alias)}`),
  );
}

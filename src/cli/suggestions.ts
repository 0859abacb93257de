/**
 * Creates the error messages for unknown flags, arguments and commands. Each message suggests what the user could write
 * instead.
 */
import { existsSync } from "node:fs";
import type { ArgDef, ArgsDef } from "citty";
import { nearestNames } from "../models/nearest-names.ts";
import { settings } from "../settings/index.ts";
import { nearestSpelling, spellingsOf } from "../settings/nearest-setting.ts";
import { type Setting, settingsCommand } from "../settings/setting.ts";

export function unknownFlag(rawName: string, definitions: ArgsDef, command: string): string {
  const positive = rawName.replace(/^--no-/, "");
  if (positive !== rawName && Object.hasOwn(definitions, positive)) {
    return `Unknown flag ${rawName}: ${negation(positive, definitions)}`;
  }
  const other = entries.find(({ flag }) => `--${flag}` === rawName);
  if (other !== undefined) {
    return `${rawName} is a flag of ${other.commands.join(" and ")}, not of ${command}`;
  }
  const nearest = rawName.startsWith("--")
    ? nearestSpelling(rawName, namesOf(definitions, command))
    : null;
  const advice =
    nearest === null
      ? `\`open-asr-server ${command} --help-all\` lists the flags`
      : `did you mean ${nearest}?`;
  return `Unknown flag ${rawName}: ${advice}`;
}

export function unexpectedArgument(argument: string, command: string): string {
  const advice = looksLikeFile(argument) ? `: did you mean: ${transcribing([argument])}?` : "";
  return `${command} takes flags only, found "${argument}"${advice}`;
}

/** Returns the error message for a file whose name starts with a dash. The parser has read this name as a flag. */
export function fileReadAsFlag(name: string): string {
  return `"${name}" is read as a flag, but it is also a file: write ${shellLine([notAFlag(name)])} for the file`;
}

/** Returns whether the argument is a URL, such as https://example.org/talk.mp3. */
export function isUrl(argument: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//iu.test(argument);
}

/**
 * Returns the error message for an unknown command. If the first argument is a flag of a command, `commandOfFlag` is
 * the name of this command. Otherwise `commandOfFlag` is null.
 */
export function unknownCommand(
  rawArgs: readonly string[],
  names: readonly string[],
  commandOfFlag: string | null,
): string {
  const [first = ""] = rawArgs;
  if (commandOfFlag !== null) {
    const command = ["open-asr-server", commandOfFlag, ...rawArgs];
    return `The command is missing before ${first}: did you mean: ${shellLine(command)}?`;
  }
  const isFlag = /^-./.test(first);
  const unknown = isFlag ? `Unknown flag ${first}` : `Unknown command "${first}"`;
  if (isFlag && existsSync(first)) return fileReadAsFlag(first);
  if (looksLikePath(first)) return `${unknown}: did you mean: ${transcribing(rawArgs)}?`;
  // Names of one letter, such as -h, are never suggested, because any two single letters are similar.
  const [nearest] = nearestNames(
    first,
    names.filter((name) => name.length > 2),
  );
  if (nearest !== undefined) {
    const command = ["open-asr-server", nearest, ...rawArgs.slice(1)];
    return `${unknown}: did you mean: ${shellLine(command)}?`;
  }
  if (looksLikeFile(first)) return `${unknown}: did you mean: ${transcribing(rawArgs)}?`;
  const known = names.filter((name) => !name.startsWith("-")).join(", ");
  return `${unknown}, expected a command (${known}) or --help`;
}

/**
 * Returns the error message for an unknown command of a group such as `models`. `names` contains the commands of the
 * group without the name of the group.
 */
export function unknownSubcommand(
  group: string,
  rawArgs: readonly string[],
  names: readonly string[],
): string {
  const [first = "", ...rest] = rawArgs;
  const [nearest] = nearestNames(first, names);
  const unknown = `Unknown command "${group} ${first}"`;
  if (nearest === undefined) return `${unknown}, expected ${group} ${names.join(", ")} or --help`;
  return `${unknown}: did you mean: ${shellLine(["open-asr-server", group, nearest, ...rest])}?`;
}

/** Returns whether the values of the flag are `on` and `off`. */
export function isOnOff(definition: ArgDef | undefined): boolean {
  return definition?.type === "string" && definition.valueHint === "on|off";
}

// --- internal ---

const entries = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => !hidden);
const helpFlags = ["help", "help-all"];

function negation(name: string, definitions: ArgsDef): string {
  const definition = definitions[name];
  if (definition?.type === "boolean") return `leave --${name} out, it is off by default`;
  return isOnOff(definition)
    ? `write --no-${name} or --${name} off`
    : `leave --${name} out for its default`;
}

/**
 * Maps each spelling of a flag to the text that an error message suggests. The text is a flag of the command. If a
 * setting has no flag, the text is the environment variable of the setting.
 */
function namesOf(definitions: ArgsDef, command: string): ReadonlyMap<string, string> {
  const ofCommand = entries.filter(({ commands }) => commands.includes(settingsCommand(command)));
  const fromSettings = [...spellingsOf(ofCommand)].map(([spelling, { flag, variable }]) => {
    const name = flag === undefined ? `the variable ${variable}` : `--${flag}`;
    return [spelling, name] as const;
  });
  const flags = [...Object.keys(definitions), ...helpFlags].map(
    (flag) => [flag, `--${flag}`] as const,
  );
  return new Map([...fromSettings, ...flags, ["version", "open-asr-server --version"]]);
}

/**
 * Returns whether the argument is `-` (standard input) or looks like a path, a URL, or a file name with an extension.
 */
function looksLikePath(argument: string): boolean {
  return argument === "-" || (!argument.startsWith("-") && /[/\\]|\.\w/.test(argument));
}

function looksLikeFile(argument: string): boolean {
  return looksLikePath(argument) || existsSync(argument);
}

/**
 * Returns a command that transcribes the files. If the first argument is a URL, the command downloads the file first.
 */
function transcribing([first = "", ...rest]: readonly string[]): string {
  const command = ["open-asr-server", "transcribe"];
  if (!isUrl(first)) return shellLine([...command, notAFlag(first), ...rest]);
  return `${shellLine(["curl", "-L", first])} | ${shellLine([...command, "-", ...rest])}`;
}

/** Returns the path of a file in a form that the parser does not read as a flag. */
function notAFlag(path: string): string {
  return /^-./u.test(path) ? `./${path}` : path;
}

const argumentsShown = 8;

/** Returns the arguments as text that the user can paste into a shell. Contains at most `argumentsShown` arguments. */
function shellLine(args: readonly string[]): string {
  const shown = args
    .slice(0, argumentsShown)
    .map((text) =>
      /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`,
    );
  return [...shown, ...(args.length > argumentsShown ? ["..."] : [])].join(" ");
}

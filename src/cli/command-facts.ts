/** Describes all commands as plain data, for the completion scripts and the manual page. */
import type { ArgDef, ArgsDef, CommandDef } from "citty";
import { settings } from "../settings/index.ts";
import type { Setting } from "../settings/setting.ts";
import { resolved } from "./resolved.ts";

export interface CommandFacts {
  /** Words that the user writes to run the command, for example ["models", "pull"]. Empty for the program itself. */
  readonly words: readonly string[];
  readonly description: string;
  readonly flags: readonly FlagFacts[];
  /** Positional argument of the command. Null when the command takes none. */
  readonly positional: PositionalFacts | null;
  /** Subcommands of the program or of a group such as `models`. Empty for a command that has no subcommands. */
  readonly commands: readonly CommandFacts[];
}

/** What a shell suggests: the names of files, folders or models, nothing, or the words of a list. */
export type Suggested = "files" | "folders" | "models" | "nothing" | readonly string[];

export interface FlagFacts {
  readonly name: string;
  /** One-letter forms of the flag, without the dash. */
  readonly letters: readonly string[];
  readonly description: string;
  /** Placeholder that the help shows for the value of the flag. Null when the flag takes no value. */
  readonly hint: string | null;
  readonly repeats: boolean;
  readonly suggested: Suggested;
  /** The setting that this flag sets. Null when the flag does not set a setting. */
  readonly setting: Setting<unknown> | null;
}

export interface PositionalFacts {
  readonly name: string;
  readonly description: string;
  readonly isOptional: boolean;
  readonly repeats: boolean;
  readonly suggested: Suggested;
}

/** Returns the facts about the program and all its commands. */
export async function programFacts(root: CommandDef): Promise<CommandFacts> {
  return factsOf(root, []);
}

// --- internal ---

/** Flags that every command accepts. */
const helpFlags: ArgsDef = {
  help: { type: "boolean", description: "Print the help with the common settings" },
  "help-all": { type: "boolean", description: "Print the help with every setting" },
};

async function factsOf(command: CommandDef, words: readonly string[]): Promise<CommandFacts> {
  const description = (await resolved(command.meta))?.description ?? "";
  const loaders = (await resolved(command.subCommands)) ?? {};
  const own = (await resolved<ArgsDef | undefined>(command.args)) ?? {};
  // The first spread puts the flags of the command before `helpFlags`. The last spread restores a flag of the command
  // that `helpFlags` has replaced because both have the same name.
  const args = { ...own, ...helpFlags, ...own };
  const positionals = Object.entries(args).filter(([, { type }]) => type === "positional");
  const commands = await Promise.all(
    Object.entries(loaders).map(async ([word, load]) => {
      return factsOf((await resolved(load)) ?? {}, [...words, word]);
    }),
  );
  return {
    words,
    description,
    flags: Object.entries(args).flatMap(([name, definition]) =>
      definition.type === "positional" ? [] : [flagFacts(name, definition)],
    ),
    positional:
      positionals.map(([name, definition]) => positionalFacts(name, definition))[0] ?? null,
    commands,
  };
}

function flagFacts(name: string, definition: ArgDef): FlagFacts {
  const { type, description = "", valueHint } = definition;
  const alias = "alias" in definition ? definition.alias : undefined;
  const setting = settingsByFlag.get(name) ?? null;
  const hint = type === "boolean" ? null : (valueHint ?? name.toUpperCase());
  return {
    name,
    letters: [alias ?? []].flat(),
    description,
    hint,
    repeats: setting?.repeats === true,
    suggested: setting?.value.options ?? suggestedFor(hint ?? ""),
    setting,
  };
}

const settingsByFlag: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.values<Setting<unknown>>(settings).flatMap((entry) =>
    entry.flag === undefined ? [] : [[entry.flag, entry] as const],
  ),
);

function positionalFacts(name: string, definition: ArgDef): PositionalFacts {
  const { description = "", valueHint } = definition;
  return {
    name: name.toUpperCase(),
    description,
    isOptional: definition.default !== undefined,
    repeats: name.endsWith("..."),
    suggested: name.startsWith("name") ? "models" : suggestedFor(valueHint ?? name.toUpperCase()),
  };
}

function suggestedFor(hint: string): Suggested {
  if (/FILE|PATH/u.test(hint)) return "files";
  if (hint.includes("FOLDER")) return "folders";
  if (/^MODEL(?!\w)/u.test(hint)) return "models";
  return hint.includes("|") ? hint.split("|") : "nothing";
}

/** Writes the manual page open-asr-server(1) from the definitions of the commands and settings. */
import { settingGroups } from "../../settings/index.ts";
import { defaultText, fileKey, type Setting } from "../../settings/setting.ts";
import type { CommandFacts, FlagFacts, PositionalFacts } from "../command-facts.ts";
import { examples } from "../examples.ts";
import {
  bold,
  entry,
  heading,
  italic,
  paragraph,
  roff,
  subheading,
  verbatim,
  wrapped,
} from "./roff.ts";

export function manualPage(program: CommandFacts, version: string): string {
  const parts = [
    // The title contains no date, so that a version of the program always prints the same page.
    `.TH OPEN\\-ASR\\-SERVER 1 "" "open\\-asr\\-server ${roff(version)}" "User Commands"`,
    heading("NAME"),
    wrapped(`open\\-asr\\-server \\- ${roff(lowerFirst(program.description))}`),
    heading("SYNOPSIS"),
    `${bold("open-asr-server")} ${italic("COMMAND")} [${italic("FLAGS")}]`,
    heading("DESCRIPTION"),
    `${roff(program.description)}.`,
    paragraph(
      `${bold("open-asr-server help")} ${italic("COMMAND")} explains a command, and ` +
        `${bold("--help-all")} of a command lists its settings.`,
    ),
    heading("COMMANDS"),
    ...runnable(program).flatMap(commandSection),
    heading("SETTINGS"),
    wrapped(roff(settingsText)),
    ...settingGroups.flatMap(([title, group]) => [
      subheading(title),
      ...Object.values(group).filter(isShown).map(settingEntry),
    ]),
    heading("FILES"),
    ...files.map(([path, text]) => entry(italic(path), [roff(text)])),
    heading("EXIT STATUS"),
    ...exitStatuses.map(([code, text]) => entry(bold(code), [roff(text)])),
    heading("EXAMPLES"),
    [program, ...runnable(program)].flatMap(examplesOf).join("\n.PP\n"),
  ];
  return `${parts.join("\n")}\n`;
}

// --- internal ---

const settingsText =
  "A setting comes from its flag, else from its environment variable, else from the configuration file, else it has " +
  "its default. Secrets have no flag, because every user of a machine can read command lines. The keys of the file " +
  "are the names of the flags.";

const files: readonly (readonly [path: string, text: string])[] = [
  [
    "$XDG_CONFIG_HOME/open-asr-server/config.toml",
    "The configuration file of the user. Without XDG_CONFIG_HOME, the folder is ~/.config; on Windows, it is %APPDATA%.",
  ],
];

const exitStatuses: readonly (readonly [code: string, text: string])[] = [
  ["0", "The command is done."],
  ["1", "The command failed, or a part of it."],
  ["2", "A flag or a setting is invalid. The command did nothing."],
  ["129, 130, 143", "A signal stopped the command: SIGHUP, SIGINT or SIGTERM."],
];

/**
 * Returns all commands that can run. A group such as `models` cannot run. Therefore the result contains the subcommands
 * of the group in place of the group.
 */
function runnable({ commands }: CommandFacts): CommandFacts[] {
  return commands.flatMap((command) =>
    command.commands.length > 0 ? runnable(command) : [command],
  );
}

function commandSection(command: CommandFacts): string[] {
  const { words, description, flags, positional } = command;
  const shown = flags.filter(({ name }) => !name.startsWith("help"));
  const own = shown.filter(({ setting }) => setting === null);
  const usage = [
    bold(`open-asr-server ${words.join(" ")}`),
    ...(positional === null ? [] : [argumentWord(positional)]),
    ...(shown.length > 0 ? [`[${italic("FLAGS")}]`] : []),
  ];
  return [
    subheading(words.join(" ")),
    usage.join(" "),
    paragraph(`${roff(description)}.`),
    ...(positional === null
      ? []
      : [entry(italic(positional.name), [`${roff(positional.description)}.`])]),
    ...own.map((flag) => entry(flagTerm(flag), [`${roff(flag.description)}.`])),
  ];
}

function argumentWord({ name, isOptional }: PositionalFacts): string {
  return isOptional ? `[${italic(name)}]` : italic(name);
}

function flagTerm({ name, letters, hint }: FlagFacts): string {
  const spellings = [...letters.map((letter) => `-${letter}`), `--${name}`].map(bold).join(", ");
  return hint === null ? spellings : `${spellings} ${italic(hint)}`;
}

function isShown({ hidden }: Setting<unknown>): boolean {
  return hidden !== true;
}

function settingEntry(setting: Setting<unknown>): string {
  const { flag, alias, variable, value, help, commands } = setting;
  const spellings = [...(alias === undefined ? [] : [`-${alias}`]), `--${flag}`]
    .map(bold)
    .join(", ");
  const term = flag === undefined ? bold(variable) : `${spellings} ${italic(value.hint)}`;
  const key = fileKey(setting);
  return entry(term, [
    `${roff(help)}.`,
    roff(`Values: ${value.range}; default: ${defaultText(setting)}`),
    ...(flag === undefined
      ? [roff(`Key in the file: ${key}`)]
      : [roff(`Variable: ${variable}; commands: ${commands.join(", ")}`)]),
  ]);
}

function examplesOf({ words }: CommandFacts): string[] {
  const name = words.length === 0 ? "open-asr-server" : words.join(" ");
  return (examples[name] ?? []).map(
    ({ purpose, lines }) => `${wrapped(`${roff(purpose)}:`)}\n${verbatim(lines)}`,
  );
}

/**
 * Changes the first letter to lower case. The description in the section NAME of a manual page starts with a lower-case
 * letter.
 */
function lowerFirst(text: string): string {
  return `${text[0]?.toLowerCase() ?? ""}${text.slice(1)}`;
}

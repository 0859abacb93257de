/** Builds the help of a command: description, usage, flags, settings and examples. */
import type { ArgDef, ArgsDef, CommandDef, SubCommandsDef } from "citty";
import { colorAllowed } from "../settings/config.ts";
import { commonSettings, settingGroups, settings } from "../settings/index.ts";
import { type Command, defaultText, type Setting, settingsCommand } from "../settings/setting.ts";
import { examples } from "./examples.ts";
import { resolved } from "./resolved.ts";
import { block, paragraph, type Row, type Section, twoColumns } from "./help-layout.ts";

/** Returns the help of the whole program. */
export async function rootHelp(root: CommandDef): Promise<string> {
  const meta = await resolved(root.meta);
  const loaders = (await resolved(root.subCommands)) ?? {};
  const rows = await Promise.all(Object.values(loaders).map((one) => commandRow(one)));
  const parts = [
    paragraph(`${meta?.description}.`),
    block("Usage", ["open-asr-server COMMAND [FLAGS]"]),
    twoColumns({
      title: "Commands",
      rows: [...rows, { term: "help COMMAND", paragraphs: ["Explain a command, with examples"] }],
    }),
    twoColumns({ title: "Flags", rows: flagRows((await resolved(root.args)) ?? {}) }),
    exampleBlock("open-asr-server"),
  ];
  return printable(parts);
}

/** Returns the help of a command that has subcommands, such as `models`. */
export async function groupHelp(group: CommandDef): Promise<string> {
  const meta = await resolved(group.meta);
  const name = meta?.name ?? "";
  const loaders = (await resolved(group.subCommands)) ?? {};
  const rows = await Promise.all(Object.values(loaders).map((one) => subcommandRow(name, one)));
  return printable([
    paragraph(`${meta?.description}.`),
    block("Usage", [`open-asr-server ${name} COMMAND [FLAGS]`]),
    twoColumns({ title: "Commands", rows }),
    paragraph(`\`open-asr-server ${name} COMMAND --help\` explains a command.`),
    exampleBlock(name),
  ]);
}

/**
 * Returns the help of one command. With `all`, the help lists all settings of the command except the hidden settings.
 * Each setting has its environment variable, range and default. Without `all`, the help lists only the common settings.
 */
export async function commandHelp(definition: CommandDef, all: boolean): Promise<string> {
  const meta = await resolved(definition.meta);
  const name = meta?.name ?? "";
  const command = settingsCommand(name);
  const args = (await resolved(definition.args)) ?? {};
  const own = Object.entries(args).filter(([flag]) => !settingFlags.has(flag));
  const positionals = own.filter(([, { type }]) => type === "positional");
  const words = positionals.map(argumentWord);
  const hasFlags = hasSettings(command) || own.length > positionals.length;
  const usage = ["open-asr-server", name, ...words, ...(hasFlags ? ["[FLAGS]"] : [])].join(" ");
  const sections: Section[] = [
    { title: "Arguments", rows: positionals.map(positionalRow) },
    { title: "Flags", rows: flagRows(Object.fromEntries(own)) },
    ...(all ? allSettings(command) : [common(command)]),
    { title: "Help", rows: hasSettings(command) ? helpRows : shortHelpRows },
  ];
  const parts = [
    paragraph(`${meta?.description}.`),
    block("Usage", [usage]),
    ...sections.filter(({ rows }) => rows.length > 0).map(twoColumns),
    ...(hasSettings(command) ? [paragraph(variablesNote(command))] : []),
    exampleBlock(name),
  ];
  return printable(parts);
}

// --- internal ---

const visible = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => !hidden);
const settingFlags = new Set(visible.map(({ flag }) => flag));

/**
 * Joins the parts of the help. Removes colours if standard output is not a terminal, or if colours are not allowed on
 * it.
 */
function printable(parts: readonly string[]): string {
  const text = `${parts.join("\n\n")}\n`;
  return colorAllowed(process.stdout) ? text : Bun.stripANSI(text);
}

async function commandRow(definition: SubCommandsDef[string]): Promise<Row> {
  const meta = await resolved((await resolved(definition))?.meta);
  return { term: meta?.name ?? "", paragraphs: [meta?.description ?? ""] };
}

/** `pull NAME...` */
async function subcommandRow(group: string, definition: SubCommandsDef[string]): Promise<Row> {
  const row = await commandRow(definition);
  const args = (await resolved<ArgsDef | undefined>((await resolved(definition))?.args)) ?? {};
  const positionals = Object.entries(args).filter(([, { type }]) => type === "positional");
  const words = [row.term.slice(group.length + 1), ...positionals.map(argumentWord)];
  return { ...row, term: words.join(" ") };
}

/** Returns the word for an argument in the usage. An argument with a default is in brackets. */
function argumentWord([name, definition]: readonly [string, ArgDef]): string {
  const word = name.toUpperCase();
  return definition.default === undefined ? word : `[${word}]`;
}

function positionalRow([name, { description = "" }]: readonly [string, ArgDef]): Row {
  return { term: name.toUpperCase(), paragraphs: [description] };
}

function flagRows(args: ArgsDef): Row[] {
  return Object.entries(args).flatMap(([name, definition]) => {
    if (definition.type === "positional") return [];
    const { description = "", valueHint } = definition;
    const alias = "alias" in definition ? definition.alias : undefined;
    const value = definition.type === "boolean" ? undefined : (valueHint ?? name.toUpperCase());
    return [{ term: termOf(name, alias, value), paragraphs: [description] }];
  });
}

/** Returns the text of a flag for the first column of the help, for example `-m, --model MODEL`. */
function termOf(name: string, alias: string | string[] | undefined, value: string | undefined) {
  const letters = [alias ?? []].flat().map((letter) => `-${letter}`);
  return [...letters, `--${name}`].join(", ") + (value === undefined ? "" : ` ${value}`);
}

function common(command: Command): Section {
  const taken = commonSettings.filter(({ commands }) => commands.includes(command));
  const rows = taken.map((entry) => ({
    term: settingTerm(entry),
    paragraphs: [`${entry.help} (default: ${defaultText(entry)})`],
  }));
  return { title: "Common settings", rows };
}

function allSettings(command: Command): Section[] {
  return settingGroups.map(([title, group]) => ({
    title,
    rows: Object.values(group)
      .filter((entry) => entry.hidden !== true && entry.commands.includes(command))
      .map((entry) => ({
        term: settingTerm(entry),
        paragraphs: [
          entry.help,
          `${entry.value.range}; default: ${defaultText(entry)}`,
          ...(entry.flag === undefined ? [] : [entry.variable]),
        ],
      })),
  }));
}

function settingTerm({ flag, alias, value, variable }: Setting<unknown>): string {
  return flag === undefined ? variable : termOf(flag, alias, value.hint);
}

const helpRows: readonly Row[] = [
  { term: "--help", paragraphs: ["Print the common settings"] },
  {
    term: "--help-all",
    paragraphs: ["Print every setting, with its environment variable, range and default"],
  },
];

const shortHelpRows: readonly Row[] = [{ term: "--help", paragraphs: ["Print this help"] }];

function hasSettings(command: Command): boolean {
  return visible.some(({ commands }) => commands.includes(command));
}

function variablesNote(command: Command): string {
  const keys = visible.find(({ secret, commands }) => secret && commands.includes(command));
  const note =
    "Each setting has an environment variable and a key in the configuration file. " +
    "Flags have priority over variables, and variables over the file.";
  if (keys === undefined) return note;
  return `${note} ${keys.variable} has no flag, because every user of this machine can read command lines.`;
}

function exampleBlock(name: string): string {
  const lines = (examples[name] ?? []).flatMap(({ purpose, lines: commands }) => [
    `${purpose}:`,
    ...commands.map((line) => `  ${line}`),
  ]);
  return block("Examples", lines);
}

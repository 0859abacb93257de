/** Entry point of the command line: selects the command, prints help and errors, and returns the exit code. */
import { type ArgsDef, type CommandDef, defineCommand, runCommand } from "citty";
import { version } from "../../package.json";
import { UsageError } from "../settings/config.ts";
import { AsrError } from "../errors.ts";
import { isClosedPipe } from "./closed-pipe.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { print } from "./print.ts";
import { WriteError } from "./write-error.ts";
import { standardError } from "../platform/standard-error.ts";

type Loader = () => Promise<CommandDef>;

/** The module of a command is imported only when the command runs or its help is printed. */
const commands: Readonly<Record<string, Loader>> = {
  serve: async () => (await import("./serve.ts")).serve,
  transcribe: async () => (await import("./transcribe/command.ts")).transcribe,
  smoke: async () => (await import("./smoke/smoke.ts")).smoke,
  bench: async () => (await import("./bench/bench.ts")).bench,
  backends: async () => (await import("./backends.ts")).backends,
  models: async () => (await import("./models/index.ts")).models,
  doctor: async () => (await import("./doctor/index.ts")).doctor,
  config: async () => (await import("./config.ts")).config,
  service: async () => (await import("./service/index.ts")).service,
  health: async () => (await import("./health.ts")).health,
  version: async () => (await import("./version/command.ts")).version,
  completion: async () => (await import("./completion/index.ts")).completionCommand(() => root),
  man: async () => (await import("./manual/index.ts")).manualCommand(() => root),
};

const rootArgs: ArgsDef = {
  help: { type: "boolean", alias: "h", description: "Print this help, or that of a command" },
  version: { type: "boolean", alias: ["V", "v"], description: "Print the version" },
  licenses: { type: "boolean", description: "Print the licences of all included software" },
};

const root: CommandDef = defineCommand({
  meta: {
    name: "open-asr-server",
    version,
    description: "Speech recognition on this machine, for OpenAI clients and the command line",
  },
  args: rootArgs,
  subCommands: { ...commands },
});

/** Runs the command line and returns the exit code of the process. Prints errors to standard error. */
export async function runCommandLine(rawArgs: readonly string[]): Promise<ExitCode> {
  try {
    const [first = "help", ...rest] = rawArgs;
    const command = Object.hasOwn(commands, first) ? await commands[first]?.() : undefined;
    if (command) return await runOrExplain(command, rest);
    const name = Object.hasOwn(rootNames, first) ? rootNames[first] : undefined;
    if (name === undefined) {
      const { unknownCommand } = await import("./suggestions.ts");
      const names = [...Object.keys(commands), ...Object.keys(rootNames)];
      throw new UsageError(unknownCommand(rawArgs, names, await commandOfFlag(first)));
    }
    if (name === "help") return await printHelp(rest);
    if (["--help", "-h"].includes(rest[0] ?? "")) return await printHelp([]);
    if (rest.length > 0) throw new UsageError(`${first} takes no arguments`);
    await print(name === "version" ? `${version}\n` : await licenses());
    return exitCodes.done;
  } catch (error) {
    if (isClosedPipe(error)) return exitCodes.done;
    for (const line of explain(error)) standardError.write(`open-asr-server: ${line}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

// --- internal ---

/** Maps each word or flag that a user can write in place of a command to its action. */
const rootNames: Readonly<Record<string, "help" | "version" | "licenses">> = {
  help: "help",
  "--help": "help",
  "--help-all": "help",
  "-h": "help",
  "--version": "version",
  "-V": "version",
  "-v": "version",
  "--licenses": "licenses",
};

/** Prints the help of the command that follows `help` or `--help`, or the help of the program if no command follows. */
async function printHelp([name, ...more]: readonly string[]): Promise<ExitCode> {
  if (name === undefined || Object.hasOwn(rootNames, name)) return writeHelp(root, false);
  const command = Object.hasOwn(commands, name) ? await commands[name]?.() : undefined;
  if (command === undefined) {
    const { unknownCommand } = await import("./suggestions.ts");
    throw new UsageError(unknownCommand([name], Object.keys(commands), null));
  }
  const [first] = more;
  const all = more.includes("--help-all");
  if (command.subCommands === undefined || first === undefined || first.startsWith("-")) {
    return writeHelp(command, all);
  }
  return writeHelp(await (await subcommandOf(command, more))(), all);
}

async function writeHelp(command: CommandDef, all: boolean): Promise<ExitCode> {
  const { commandHelp, groupHelp, rootHelp } = await import("./help.ts");
  const isGroup = command.subCommands !== undefined;
  const text =
    command === root
      ? await rootHelp(root)
      : await (isGroup ? groupHelp(command) : commandHelp(command, all));
  await print(text);
  return exitCodes.done;
}

/** Returns the subcommands of a group such as `models`. Empty for a command that is not a group. */
async function commandsOf({ subCommands = {} }: CommandDef): Promise<Record<string, Loader>> {
  return (typeof subCommands === "function" ? await subCommands() : await subCommands) as Record<
    string,
    Loader
  >;
}

async function runOrExplain(command: CommandDef, rawArgs: string[]): Promise<ExitCode> {
  if (command.subCommands === undefined) return runOne(command, rawArgs);
  const [first = "--help", ...rest] = rawArgs;
  if (["help", "-h", "--help", "--help-all"].includes(first)) {
    return printHelp([await nameOf(command), ...rest]);
  }
  const load = await subcommandOf(command, rawArgs);
  return runOne(await load(), rest);
}

/** Returns the loader of the command `words[0]` of a group. Throws UsageError when the group has no such command. */
async function subcommandOf(group: CommandDef, words: readonly string[]): Promise<Loader> {
  const subcommands = await commandsOf(group);
  const [first = ""] = words;
  const load = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined;
  if (load !== undefined) return load;
  const { unknownSubcommand } = await import("./suggestions.ts");
  throw new UsageError(unknownSubcommand(await nameOf(group), words, Object.keys(subcommands)));
}

async function nameOf({ meta }: CommandDef): Promise<string> {
  return (await (typeof meta === "function" ? meta() : meta))?.name ?? "";
}

async function runOne(command: CommandDef, rawArgs: string[]): Promise<ExitCode> {
  const end = rawArgs.indexOf("--");
  const flags = end < 0 ? rawArgs : rawArgs.slice(0, end);
  const all = flags.includes("--help-all");
  if (all || flags.includes("--help") || (await wantsShortHelp(command, flags))) {
    return writeHelp(command, all);
  }
  // Each command parses its flags itself (flags.ts). With `args`, citty would parse them too, for 1 MB and 3 ms.
  const { result } = await runCommand({ ...command, args: {} }, { rawArgs });
  return Object.values(exitCodes).find((code) => code === result) ?? exitCodes.done;
}

/**
 * Returns whether -h means help. For `serve`, `-h ADDRESS` sets the host, so -h means help only if it is the last
 * argument.
 */
async function wantsShortHelp(command: CommandDef, flags: readonly string[]): Promise<boolean> {
  const isFlag = Object.values(await argsOf(command)).some((one) => hasAlias(one, "h"));
  return isFlag ? flags.at(-1) === "-h" : flags.includes("-h");
}

/**
 * Returns the name of the first command that has the flag `written`, for example --port or -p. Null when no command has
 * this flag.
 */
async function commandOfFlag(written: string): Promise<string | null> {
  const [, long, short] = /^(?:--([\w-]+)|-(\w))(?:=|$)/.exec(written) ?? [];
  for (const [name, load] of Object.entries(commands)) {
    const args = Object.entries(await argsOf(await load()));
    if (args.some(([flag, one]) => flag === long || (short && hasAlias(one, short)))) return name;
  }
  return null;
}

async function argsOf(command: CommandDef): Promise<ArgsDef> {
  const { args } = command;
  return (typeof args === "function" ? await args() : await args) ?? {};
}

function hasAlias(definition: ArgsDef[string], letter: string): boolean {
  return "alias" in definition && definition.alias === letter;
}

async function licenses(): Promise<string> {
  const { licensesText } = await import("../platform/licenses.ts");
  return licensesText();
}

/**
 * Returns the lines to print for an error: the message of an expected error, or the stack trace of any other error,
 * because an unexpected error is a bug.
 */
function explain(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.lines.map(printable);
  if (error instanceof AsrError) return [error.operatorMessage];
  if (error instanceof WriteError) return [error.message];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/**
 * Replaces characters that end a line or control a terminal, because an error message can contain any command-line
 * argument.
 */
function printable(line: string): string {
  return line.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
}

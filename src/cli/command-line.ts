/** The root of the command line: selects the command, prints help and errors, returns the exit code. */
import { type ArgsDef, type CommandDef, defineCommand, runCommand } from "citty";
import { version } from "../../package.json";
import { UsageError } from "../settings/config.ts";
import { AsrError } from "../errors.ts";
import { isClosedPipe } from "./closed-pipe.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";

/** The file of a command is imported only when the command runs or its help is printed. */
const commands: Readonly<Record<string, () => Promise<CommandDef>>> = {
  serve: async () => (await import("./serve.ts")).serve,
  transcribe: async () => (await import("./transcribe.ts")).transcribe,
  backends: async () => (await import("./backends.ts")).backends,
};

const rootArgs: ArgsDef = {
  help: { type: "boolean", alias: "h", description: "Print the help of a command, with examples" },
  version: { type: "boolean", description: "Print the version" },
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

/** Runs one command and returns its exit code. */
export async function runCommandLine(rawArgs: readonly string[]): Promise<ExitCode> {
  try {
    const [first = "--help", ...rest] = rawArgs;
    const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
    if (wantsHelp(rawArgs)) {
      const { helpText } = await import("./help.ts");
      await Bun.write(Bun.stdout, await helpText(command ? await command() : root, root));
      return exitCodes.done;
    }
    if (command) return await run(await command(), rest);
    if (first === "--version") await Bun.write(Bun.stdout, `${version}\n`);
    else if (first === "--licenses") {
      const { licensesText } = await import("../platform/licenses.ts");
      await Bun.write(Bun.stdout, await licensesText());
    } else {
      const known = Object.keys(commands).join(", ");
      throw new UsageError(`Unknown command "${first}", expected ${known} or --help`);
    }
    return exitCodes.done;
  } catch (error) {
    if (isClosedPipe(error)) return exitCodes.done;
    for (const line of explain(error)) process.stderr.write(`open-asr-server: ${line}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

// --- internal ---

/** `-h VALUE` is the host of `serve`; `-h` as the last argument prints the help. */
function wantsHelp(rawArgs: readonly string[]): boolean {
  const flags = rawArgs.includes("--") ? rawArgs.slice(0, rawArgs.indexOf("--")) : rawArgs;
  return rawArgs.length === 0 || flags.includes("--help") || flags.at(-1) === "-h";
}

async function run(command: CommandDef, rawArgs: string[]): Promise<ExitCode> {
  const { result } = await runCommand(command, { rawArgs });
  return Object.values(exitCodes).find((code) => code === result) ?? exitCodes.done;
}

/** The lines to print: the message of a known error, else the stack trace, because an unknown error is a bug. */
function explain(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.lines;
  if (error instanceof AsrError) return [error.operatorMessage];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

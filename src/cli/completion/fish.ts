/** Writes the completion script for fish. */
import type { CommandFacts, FlagFacts, Suggested } from "../command-facts.ts";
import { allCommands, modelNamesCommand, otherWords, wordOf } from "./suggestions.ts";

export function fishScript(program: CommandFacts): string {
  const lines = [program, ...allCommands(program)].flatMap(commandLines);
  const others = otherWords.map(([word, description]) => wordLine(program, word, description));
  const helpWords = program.commands.map(wordOf).join(" ");
  return `# Completion of open-asr-server for fish. To use it:
#   open-asr-server completion fish > ~/.config/fish/completions/open-asr-server.fish

# Succeeds when the words before the cursor start with $argv.
function __open_asr_server_in
    set -l words (commandline -opc)
    set -e words[1]
    test (count $words) -ge (count $argv); or return 1
    for i in (seq (count $argv))
        test "$words[$i]" = "$argv[$i]"; or return 1
    end
end

# Succeeds when the words before the cursor are $argv.
function __open_asr_server_at
    __open_asr_server_in $argv; and test (count (commandline -opc)) -eq (math 1 + (count $argv))
end

complete -c open-asr-server -f
${[...lines, ...others, line("__open_asr_server_at help", [`-a ${quoted(helpWords)}`])].join("\n")}
`;
}

// --- internal ---

/**
 * Returns the `complete` lines of one command: a line for each of its subcommands, for each of its flags, and for its
 * argument.
 */
function commandLines(command: CommandFacts): string[] {
  const { words, flags, positional, commands } = command;
  const isGroup = words.length === 0 || commands.length > 0;
  const condition = `__open_asr_server_${[isGroup ? "at" : "in", ...words].join(" ")}`;
  return [
    ...commands.map((one) => wordLine(command, wordOf(one), one.description)),
    ...flags.map((flag) => flagLine(flag, command, condition)),
    ...(positional === null || positional.suggested === "nothing"
      ? []
      : [line(condition, valueOptions(positional.suggested, command))]),
  ];
}

function wordLine({ words }: CommandFacts, word: string, description: string): string {
  const condition = ["__open_asr_server_at", ...words].join(" ");
  return line(condition, [`-a ${word}`, `-d ${quoted(description)}`]);
}

function flagLine(flag: FlagFacts, command: CommandFacts, condition: string): string {
  return line(condition, [
    `-l ${flag.name}`,
    ...flag.letters.map((letter) => `-s ${letter}`),
    ...(flag.hint === null ? [] : ["-r", ...valueOptions(flag.suggested, command)]),
    `-d ${quoted(flag.description)}`,
  ]);
}

/** Returns the options of fish's `complete` command that suggest a value. -F also suggests files, -f does not. */
function valueOptions(suggested: Suggested, command: CommandFacts): string[] {
  if (suggested === "models") {
    return ["-F", `-a ${quoted(`(open-asr-server ${modelNamesCommand(command)} 2>/dev/null)`)}`];
  }
  if (typeof suggested === "string") return fixedOptions[suggested];
  return ["-f", `-a ${quoted(suggested.join(" "))}`];
}

const fixedOptions: Readonly<Record<"files" | "folders" | "nothing", string[]>> = {
  files: ["-F"],
  folders: ["-f", "-a '(__fish_complete_directories)'"],
  nothing: ["-f"],
};

function line(condition: string, options: readonly string[]): string {
  return `complete -c open-asr-server -n ${quoted(condition)} ${options.join(" ")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/gu, String.raw`\$&`)}'`;
}

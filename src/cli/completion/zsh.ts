/** Writes the completion script for zsh. */
import type { CommandFacts, FlagFacts, Suggested } from "../command-facts.ts";
import { modelNamesCommand, otherWords, spellingsOf, wordOf } from "./suggestions.ts";

export function zshScript(program: CommandFacts): string {
  const groups = program.commands.filter(({ commands }) => commands.length > 0);
  return `#compdef open-asr-server
# Completion of open-asr-server for zsh. To use it, write it to the file _open_asr_server in a folder of $fpath,
# or add this line to ~/.zshrc after compinit:
#   eval "$(open-asr-server completion zsh)"

# Suggests files, and the names of models that open-asr-server prints for these arguments.
_open_asr_server_model_names() {
  local -a names
  names=(\${(f)"$(_call_program models open-asr-server "$@" 2>/dev/null)"})
  _alternative "models:model:compadd -a names" "files:file:_files"
}

${[...groups, program].map(groupFunction).join("\n\n")}

# The first case is a file of $fpath, which zsh runs at the first completion.
if [[ $funcstack[1] == _open_asr_server ]]; then
  _open_asr_server "$@"
else
  compdef _open_asr_server open-asr-server
fi
`;
}

// --- internal ---

function functionName({ words }: CommandFacts): string {
  return ["_open_asr_server", ...words].join("_");
}

/**
 * Returns the shell function that completes the subcommands of a group, or the commands of the program, and their
 * arguments.
 */
function groupFunction(group: CommandFacts): string {
  const others = group.words.length === 0 ? otherWords : [];
  const named = [
    ...group.commands.map((one) => [wordOf(one), one.description] as const),
    ...others,
  ];
  return [
    `${functionName(group)}() {`,
    "  local -a commands",
    "  if (( CURRENT == 2 )); then",
    "    commands=(",
    ...named.map(([word, description]) => `      ${quoted(`${word}:${description}`)}`),
    "    )",
    "    _describe -t commands command commands",
    `    _arguments ${group.flags.flatMap((flag) => flagSpecs(flag, group)).join(" ")}`,
    "    return",
    "  fi",
    "  shift words",
    "  (( CURRENT-- ))",
    "  case $words[1] in",
    ...group.commands.map(commandCase),
    ...(group.words.length === 0 ? [helpCase(group)] : []),
    "  esac",
    "}",
  ].join("\n");
}

function commandCase(command: CommandFacts): string {
  if (command.commands.length > 0) return `    ${wordOf(command)}) ${functionName(command)} ;;`;
  const specs = [
    ...command.flags.flatMap((flag) => flagSpecs(flag, command)),
    ...positionalSpecs(command),
  ];
  const lines = specs.map((spec) => `        ${spec}`).join(" \\\n");
  return `    ${wordOf(command)})\n      _arguments -s \\\n${lines}\n      ;;`;
}

function helpCase({ commands }: CommandFacts): string {
  return `    help) _arguments ${quoted(`1:command:(${commands.map(wordOf).join(" ")})`)} ;;`;
}

/**
 * Returns one zsh specification for each spelling of a flag. After the user has written one spelling, zsh suggests the
 * spellings again only if the flag may be repeated.
 */
function flagSpecs(flag: FlagFacts, command: CommandFacts): string[] {
  const spellings = spellingsOf(flag);
  const prefix = flag.repeats ? "*" : `(${spellings.join(" ")})`;
  return spellings.map((spelling) => {
    if (flag.hint === null) return quoted(`${prefix}${spelling}[${escaped(flag.description)}]`);
    // In a zsh specification, "=" accepts --flag=value and --flag value, and "+" accepts -fvalue and -f value.
    const form = spelling.startsWith("--") ? "=" : "+";
    const value = `${escaped(flag.hint)}:${actionFor(flag.suggested, command)}`;
    return quoted(`${prefix}${spelling}${form}[${escaped(flag.description)}]:${value}`);
  });
}

function positionalSpecs(command: CommandFacts): string[] {
  const { positional } = command;
  if (positional === null) return [];
  const count = positional.repeats ? "*" : "1";
  const action = actionFor(positional.suggested, command);
  return [quoted(`${count}:${escaped(positional.name.toLowerCase())}:${action}`)];
}

function actionFor(suggested: Suggested, command: CommandFacts): string {
  if (suggested === "models") {
    return `{_open_asr_server_model_names ${modelNamesCommand(command)}}`;
  }
  if (typeof suggested === "string") return fixedActions[suggested];
  return `(${suggested.join(" ")})`;
}

const fixedActions = { files: "_files", folders: "_files -/", nothing: " " } as const;

/** Escapes the characters that separate the parts of a zsh specification. */
function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/gu, String.raw`\$&`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

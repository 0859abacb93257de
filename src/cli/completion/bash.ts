/** Writes the completion script for bash. The script works with bash 3.2 and later, because macOS contains bash 3.2. */
import type { CommandFacts, Suggested } from "../command-facts.ts";
import { allCommands, modelNamesCommand, otherWords, spellingsOf, wordOf } from "./suggestions.ts";

export function bashScript(program: CommandFacts): string {
  const groups = program.commands.filter(({ commands }) => commands.length > 0).map(wordOf);
  const cases = [program, ...allCommands(program)].map(commandCase);
  return `# Completion of open-asr-server for bash. To use it, add this line to ~/.bashrc:
#   eval "$(open-asr-server completion bash)"

# Adds the names of models that start with $1. $2 contains the arguments that print all names.
_open_asr_server_models() {
  local name
  while IFS= read -r name; do
    case $name in "$1"*) COMPREPLY+=("$name") ;; esac
  done < <("\${COMP_WORDS[0]}" $2 2>/dev/null)
}

_open_asr_server() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command="" flags="" kind=nothing words="" is_argument=""
  COMPREPLY=()
  # bash splits --flag=value into three words.
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD > 1 )); then
    command=\${COMP_WORDS[1]}
    case $command in
      ${groups.join("|")}) if (( COMP_CWORD > 2 )); then command+=" \${COMP_WORDS[2]}"; fi ;;
    esac
  fi
  case $command in
${cases.join("\n")}
    help) kind=words words="${program.commands.map(wordOf).join(" ")}" ;;
  esac
  # A command without arguments offers its flags at once.
  if [[ -n $is_argument && ( $current == -* || $kind == nothing ) ]]; then
    kind=words words=$flags
  fi
  case $kind in
    words)
      compopt +o default 2>/dev/null
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      ;;
    models) _open_asr_server_models "$current" "$words" ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    nothing) compopt +o default 2>/dev/null ;;
  esac
}

# Without a suggestion of the function, bash suggests files.
complete -o default -F _open_asr_server open-asr-server
`;
}

// --- internal ---

/**
 * Returns the lines of a shell `case` statement for one command. They contain the flags of the command, the suggestions
 * for the value of each flag, and the suggestions for an argument.
 */
function commandCase(command: CommandFacts): string {
  const { words, flags } = command;
  const withValue = flags.filter(({ hint }) => hint !== null);
  const byAction = Map.groupBy(withValue, ({ suggested }) => actionFor(suggested, command));
  const values = [...byAction].map(
    ([action, same]) => `        ${same.flatMap(spellingsOf).join("|")}) ${action} ;;`,
  );
  return [
    `    "${words.join(" ")}")`,
    `      flags="${flags.flatMap(spellingsOf).join(" ")}"`,
    "      case $previous in",
    ...values,
    `        *) is_argument=1 ${actionFor(suggestedArgument(command), command)} ;;`,
    "      esac",
    "      ;;",
  ].join("\n");
}

function suggestedArgument({ words, positional, commands }: CommandFacts): Suggested {
  if (commands.length === 0) return positional?.suggested ?? "nothing";
  const others = words.length === 0 ? otherWords.map(([word]) => word) : [];
  return [...commands.map(wordOf), ...others];
}

function actionFor(suggested: Suggested, command: CommandFacts): string {
  if (suggested === "models") return `kind=models words="${modelNamesCommand(command)}"`;
  return typeof suggested === "string"
    ? `kind=${suggested}`
    : `kind=words words="${suggested.join(" ")}"`;
}

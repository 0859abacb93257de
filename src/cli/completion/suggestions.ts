/** Decides what the completion scripts of all shells suggest. */
import type { CommandFacts, FlagFacts } from "../command-facts.ts";

/** Words, other than the names of commands, that a user can write in place of a command. */
export const otherWords: readonly (readonly [word: string, description: string])[] = [
  ["help", "Explain a command"],
];

/** Returns every spelling of a flag, for example --model and -m. */
export function spellingsOf({ name, letters }: FlagFacts): string[] {
  return [`--${name}`, ...letters.map((letter) => `-${letter}`)];
}

/**
 * Returns the arguments with which `open-asr-server` prints the model names to suggest for this command. For `models
 * rm` and `models path`, these are only the models on this machine, because these commands accept no other models.
 */
export function modelNamesCommand({ words }: CommandFacts): string {
  const isLocal = ["models rm", "models path"].includes(words.join(" "));
  return `models list --names${isLocal ? "" : " --all"}`;
}

/** Returns all commands of the program. The subcommands of a group such as `models` follow directly after the group. */
export function allCommands({ commands }: CommandFacts): CommandFacts[] {
  return commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** Returns the last word of a command, for example pull for `models pull`. */
export function wordOf({ words }: CommandFacts): string {
  return words.at(-1) ?? "";
}

/** Decides what the completion scripts of all shells suggest. */
import type { CommandFacts, FlagFacts } from "../command-facts.ts";

/** The other words that a user can write in place of a command. */
export const otherWords: readonly (readonly [word: string, description: string])[] = [
  ["help", "Explain a command"],
  ["version", "Print the version"],
];

/** Returns every spelling of a flag: --model and -m. */
export function spellingsOf({ name, letters }: FlagFacts): string[] {
  return [`--${name}`, ...letters.map((letter) => `-${letter}`)];
}

/**
 * Returns the arguments of `open-asr-server` that print the names of models to suggest. `rm` and `path` accept only
 * models on this machine.
 */
export function modelNamesCommand({ words }: CommandFacts): string {
  const isLocal = ["models rm", "models path"].includes(words.join(" "));
  return `models list --names${isLocal ? "" : " --all"}`;
}

/** Returns all commands of the program, and the commands of groups such as `models` after their group. */
export function allCommands({ commands }: CommandFacts): CommandFacts[] {
  return commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** Returns the name of a command within its group: pull for `models pull`. */
export function wordOf({ words }: CommandFacts): string {
  return words.at(-1) ?? "";
}

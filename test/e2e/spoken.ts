/** Arguments of a command with which the null engine returns a given sentence. */

export interface Spoken {
  /** Text that the command prints for the sentence. */
  readonly text: string;
  /** Arguments for a call without a shell. */
  readonly spoken: readonly string[];
  /** The arguments of `spoken`, quoted for a shell. */
  readonly shellWords: string;
}

/** Returns the arguments for a sentence. They contain a prompt with the command "say" of the null engine. */
export function speak(sentence: string): Spoken {
  return {
    text: `${sentence}\n`,
    spoken: ["--model", "null:echo", "--prompt", `say ${sentence}`],
    shellWords: `--model null:echo --prompt "say ${sentence}"`,
  };
}

/**
 * Creates arguments for a command of the executable. With them, the null engine returns a given sentence as the
 * transcript.
 */

export interface Spoken {
  /** Text that the command prints: the sentence and a line break. */
  readonly text: string;
  /** Arguments for a call without a shell. */
  readonly spoken: readonly string[];
  /** The arguments of `spoken`, quoted for a shell. */
  readonly shellWords: string;
}

/**
 * Returns the arguments for a sentence. The prompt in them contains `say`, a command to the null engine to return the
 * sentence.
 */
export function speak(sentence: string): Spoken {
  return {
    text: `${sentence}\n`,
    spoken: ["--model", "null:echo", "--prompt", `say ${sentence}`],
    shellWords: `--model null:echo --prompt "say ${sentence}"`,
  };
}

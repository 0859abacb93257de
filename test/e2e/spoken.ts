/** Arguments with which the null engine returns a given sentence. */

export interface Spoken {
  /** What the command prints for the sentence. */
  readonly text: string;
  /** The arguments, for a call without a shell. */
  readonly spoken: readonly string[];
  /** The same arguments, quoted for a shell. */
  readonly shellWords: string;
}

/** The prompt contains the command "say" of the null engine. */
export function speak(sentence: string): Spoken {
  return {
    text: `${sentence}\n`,
    spoken: ["--model", "null:echo", "--prompt", `say ${sentence}`],
    shellWords: `--model null:echo --prompt "say ${sentence}"`,
  };
}

/** Converts token ids to text. A token is a sequence of bytes. One character can consist of several tokens. */
import type { Model } from "../engine/asr-model.ts";

export function tokensToText(tokens: readonly number[], model: Model): string {
  return new TextDecoder().decode(joinBytes(tokens, model));
}

/**
 * Divides the tokens into runs. Each run is as short as possible but ends at the end of a character. A sequence of
 * invalid bytes is a separate run.
 */
export function splitAtCharacters(tokens: readonly number[], model: Model): TokenRun[] {
  const runs: TokenRun[] = [];
  let from = 0;
  for (let to = 1; to <= tokens.length; to++) {
    const run = tokens.slice(from, to);
    const next = tokens.slice(to, to + 1);
    if (endsInsideCharacter(joinBytes(run, model), joinBytes(next, model))) continue;
    runs.push({ text: tokensToText(run, model), from, to });
    from = to;
  }
  return runs;
}

export interface TokenRun {
  readonly text: string;
  /** Index of the first token of the run. `to` is the index of the first token after the run. */
  readonly from: number;
  readonly to: number;
}

// --- internal ---

function joinBytes(tokens: readonly number[], model: Model): Uint8Array {
  return Buffer.concat(tokens.map((id) => model.tokenBytes(id)));
}

/** Returns whether `run` ends inside a character that `next` can continue. */
function endsInsideCharacter(run: Uint8Array, next: Uint8Array): boolean {
  const goesOn = ((next[0] ?? 0) & 0b1100_0000) === 0b1000_0000;
  if (!goesOn) return false;
  // With `stream: true`, the decoder does not output an incomplete character at the end. Therefore, if the output is
  // shorter than without `stream`, the run ends inside a character.
  const soFar = new TextDecoder().decode(run, { stream: true });
  return soFar.length < new TextDecoder().decode(run).length;
}

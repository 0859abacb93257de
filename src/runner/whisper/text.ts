/** From token ids to text: tokens hold bytes, and a character may span several of them. */
import type { Model } from "../engine/asr-model.ts";

export function tokensToText(tokens: readonly number[], model: Model): string {
  return new TextDecoder().decode(joinBytes(tokens, model));
}

/** Groups tokens into the smallest runs that hold whole characters; bytes that are none keep to themselves. */
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
  /** Indices of its tokens, `to` excluded. */
  readonly from: number;
  readonly to: number;
}

// --- internal ---

function joinBytes(tokens: readonly number[], model: Model): Uint8Array {
  return Buffer.concat(tokens.map((id) => model.tokenBytes(id)));
}

/** Whether a character is cut off that the bytes behind it may go on with. */
function endsInsideCharacter(run: Uint8Array, next: Uint8Array): boolean {
  const goesOn = ((next[0] ?? 0) & 0b1100_0000) === 0b1000_0000;
  if (!goesOn) return false;
  // What is cut off is kept back as long as more may come.
  const soFar = new TextDecoder().decode(run, { stream: true });
  return soFar.length < new TextDecoder().decode(run).length;
}

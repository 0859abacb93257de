/** From token ids to text: tokens hold bytes, and a character may span several of them. */
import type { Model } from "./shim.ts";

export function tokensToText(tokens: readonly number[], model: Model): string {
  return new TextDecoder().decode(joinBytes(tokens, model));
}

/** Groups tokens into the smallest runs that hold whole characters. */
export function splitAtCharacters(tokens: readonly number[], model: Model): TokenRun[] {
  const runs: TokenRun[] = [];
  let from = 0;
  for (let to = 1; to <= tokens.length; to++) {
    const text = decodeStrictly(joinBytes(tokens.slice(from, to), model));
    if (text === null && to < tokens.length) continue;
    runs.push({ text: text ?? tokensToText(tokens.slice(from, to), model), from, to });
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

function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

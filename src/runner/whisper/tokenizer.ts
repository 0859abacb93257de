/**
 * Converts text to the tokens of a model, as OpenAI's tiktoken does. The tokenizer splits text into words and each word
 * into bytes. Then it repeatedly joins two adjacent parts. It selects the two parts whose joined token has the lowest
 * id.
 *
 * The tokenizer needs only the model's vocabulary. It does not use the model's tokenizer.json, because this file may be
 * incomplete. For example, in the first multilingual models for faster-whisper, the file lacks the pair " t".
 */
import type { Model } from "../engine/asr-model.ts";

export class Tokenizer {
  readonly #model: Model;
  #ids: ReadonlyMap<string, number> | null = null;

  constructor(model: Model) {
    this.#model = model;
  }

  /** Returns the first `count` tokens of a text. Does not process the rest of a long text. */
  first(count: number, text: string): number[] {
    const tokens: number[] = [];
    for (const word of wordsOf(text)) {
      if (tokens.length >= count) break;
      tokens.push(...this.#tokensOf(word));
    }
    return tokens.slice(0, count);
  }

  /** Returns the last `count` tokens of a text. Does not process the beginning of a long text. */
  last(count: number, text: string): number[] {
    const words: number[][] = [];
    let found = 0;
    for (const word of wordsOf(text).toReversed()) {
      if (found >= count) break;
      const tokens = this.#tokensOf(word);
      words.push(tokens);
      found += tokens.length;
    }
    return words
      .toReversed()
      .flat()
      .slice(Math.max(0, found - count));
  }

  #tokensOf(word: string): number[] {
    const ids = (this.#ids ??= idsOf(this.#model));
    return joinPairs(Buffer.from(word).toString("latin1"), ids);
  }
}

// --- internal ---

/**
 * GPT-2's pattern, with words of at most 128 characters. No language has longer words. Without the limit, a long word
 * could take too much time, because the time to join its parts grows with the square of its length.
 */
const wordPattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}{1,128}| ?\p{N}{1,128}| ?[^\s\p{L}\p{N}]{1,128}|\s{1,128}(?!\S)|\s{1,128}/gu;

function wordsOf(text: string): readonly string[] {
  return text.match(wordPattern) ?? [];
}

/** Returns a map from the bytes of each text token to its id. Each character of a key is one byte. */
function idsOf(model: Model): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (let id = 0; id < model.info.tokenTextEnd; id++) {
    ids.set(Buffer.from(model.tokenBytes(id)).toString("latin1"), id);
  }
  return ids;
}

/** Splits a word into tokens and returns their ids. Each character of `word` is one byte. */
function joinPairs(word: string, ids: ReadonlyMap<string, number>): number[] {
  const parts = Array.from(word);
  /**
   * For each part, the id of the token that this part and the next part form together. Infinity if they form no token.
   */
  const joined = parts.map((_, i) => joinedId(i));
  for (;;) {
    const lowest = joined.indexOf(Math.min(...joined));
    if (joined[lowest] === undefined || joined[lowest] === Infinity) break;
    parts.splice(lowest, 2, parts[lowest]! + parts[lowest + 1]!);
    joined.splice(lowest, 1);
    joined[lowest] = joinedId(lowest);
    if (lowest > 0) joined[lowest - 1] = joinedId(lowest - 1);
  }
  return parts.map((part) => ids.get(part)).filter((id) => id !== undefined);

  function joinedId(i: number): number {
    const next = parts[i + 1];
    return next === undefined ? Infinity : (ids.get(parts[i]! + next) ?? Infinity);
  }
}

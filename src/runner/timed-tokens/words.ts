/** Joins tokens to words for models that return a time and a log-probability per token. */
import type { TimedTokens } from "../engine/asr-structs.ts";

/** The part of a model's vocabulary that is needed to form words. */
export interface Vocabulary {
  tokenBytes(id: number): Uint8Array;
}

/** A word with its punctuation, and the tokens of the word. */
export interface TimedWord {
  /** The decoded text, including the leading space. */
  readonly text: string;
  /**
   * Start of the word, in seconds from the start of the chunk or stream. `startS` and `endS` do not depend on the times
   * of punctuation tokens, unless the word has no other tokens.
   */
  readonly startS: number;
  readonly endS: number;
  readonly tokens: readonly number[];
  /** Natural logarithm of the probability of each token. NaN if the model computes no probabilities. */
  readonly logprobs: readonly number[];
}

const closesWord = /^\s*[.,;:!?%…。，、；：！？)\]}»”’"']+$/u;
/**
 * Matches marks before the first letter of a word, for example an opening bracket. A straight quotation mark is such a
 * mark only after a space.
 */
const opensWord = /^\s*[¿¡([{«“„‘]+$|^\s+["']+$/u;
/** Matches scripts that have no spaces between words. */
const unspaced =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * Joins tokens to words while the tokens arrive. A token with a leading space starts a word. In scripts without spaces,
 * every token starts a word.
 *
 * Punctuation is joined to the previous word, but an opening mark is joined to the next word.
 */
export class WordJoiner {
  readonly #vocabulary: Vocabulary;
  /** Tokens of the unfinished word. */
  #open: Token[] = [];
  /** Tokens that contain only spaces. They are joined to the next token. */
  #spaces: Token[] = [];
  /** End time of the last finished word, in seconds. */
  #untilS = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Adds tokens and returns the words that are now complete. */
  push({ tokens, logprobs, startS, endS }: TimedTokens): TimedWord[] {
    const words: TimedWord[] = [];
    tokens.forEach((id, i) => {
      const bytes = this.#vocabulary.tokenBytes(id);
      const times = { startS: startS[i] ?? 0, endS: endS[i] ?? 0 };
      const token = { id, bytes, text: decode([bytes]), logprob: logprobs[i] ?? 0, ...times };
      if (bytes.length > 0) words.push(...this.#add(token));
    });
    return words;
  }

  /** Returns the unfinished word. Call this at the end of the audio. */
  flush(audioEndS: number): TimedWord[] {
    this.#spaces = [];
    return this.#finishWord(audioEndS);
  }

  #add(token: Token): TimedWord[] {
    if (token.text.trim() === "") {
      this.#spaces.push(token);
      return [];
    }
    const written = this.#spaces.length > 0 ? ` ${token.text}` : token.text;
    const isClosing = closesWord.test(written) && !opensWord.test(written);
    // Closing punctuation without a word before it is discarded, because models return such punctuation for noise.
    if (isClosing && this.#open.length === 0) return [];
    const isStart = !isClosing && this.#startsWord(token);
    const finished = isStart ? this.#finishWord(token.startS) : [];
    this.#open.push(...this.#spaces, token);
    this.#spaces = [];
    return finished;
  }

  #startsWord({ text }: Token): boolean {
    if (opensWord.test(decode(this.#open.map(({ bytes }) => bytes)))) return false;
    return this.#spaces.length > 0 || /^\s/u.test(text) || unspaced.test(text);
  }

  /**
   * Returns the unfinished word, if there is one. `nextS` is the start of the next word or the end of the audio. The
   * word ends at `nextS` at the latest.
   */
  #finishWord(nextS: number): TimedWord[] {
    const tokens = this.#open;
    this.#open = [];
    if (tokens.length === 0) return [];
    const written = decode(tokens.map(({ bytes }) => bytes));
    const spoken = tokens.filter(({ text }) => !isMark(text));
    const timed = spoken.length > 0 ? spoken : tokens;
    const startS = Math.max(this.#untilS, timed[0]!.startS);
    const endS = Math.max(startS, Math.min(nextS, timed.at(-1)!.endS));
    this.#untilS = endS;
    return [
      {
        // Adds the leading space if it is missing, because the first token of a chunk may lack it.
        text: /^\s/u.test(written) || unspaced.test(written) ? written : ` ${written}`,
        startS,
        endS,
        tokens: tokens.map(({ id }) => id),
        logprobs: tokens.map(({ logprob }) => logprob),
      },
    ];
  }
}

// --- internal ---

interface Token {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** Decoded text. It contains a replacement character in place of each incomplete character. */
  readonly text: string;
  readonly logprob: number;
  readonly startS: number;
  readonly endS: number;
}

function isMark(text: string): boolean {
  return text.trim() === "" || closesWord.test(text) || opensWord.test(text);
}

function decode(bytes: readonly Uint8Array[]): string {
  return new TextDecoder().decode(Buffer.concat(bytes));
}

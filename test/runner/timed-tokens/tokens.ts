/** Creates tokens with times for tests. Tests write the tokens as pieces of text. */
import type { Recognition, TimedTokens } from "../../../src/runner/engine/asr-structs.ts";

type Piece = readonly [text: string, startS: number, endS: number, logprob?: number];

const encoder = new TextEncoder();
/** A vocabulary that all tests share. Each new text and each new sequence of bytes becomes a token. */
const vocabularyBytes: Uint8Array[] = [];

export const vocabulary = { tokenBytes: (id: number) => vocabularyBytes[id] ?? new Uint8Array() };

export function tokenOf(text: string | Uint8Array): number {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const known = vocabularyBytes.findIndex((other) => Buffer.compare(other, bytes) === 0);
  return known >= 0 ? known : vocabularyBytes.push(bytes) - 1;
}

/** Returns the result of a call that recognized a chunk. */
export function recognized(...pieces: readonly Piece[]): Recognition {
  return { ...timed(...pieces), text: "", language: -1 };
}

export function timed(...pieces: readonly Piece[]): TimedTokens {
  const logprobs = pieces.map(([, , , logprob = -0.5]) => logprob);
  return {
    tokens: Int32Array.from(pieces, ([text]) => tokenOf(text)),
    logprobs: Float32Array.from(logprobs),
    startS: Float32Array.from(pieces, ([, startS]) => startS),
    endS: Float32Array.from(pieces, ([, , endS]) => endS),
    avgLogprob: logprobs.reduce((sum, one) => sum + one, 0) / Math.max(1, logprobs.length),
    isComplete: true,
  };
}

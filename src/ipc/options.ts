/** The options of a job, and the progress and cost that a runner reports. */
import { type Static, Type } from "@sinclair/typebox";
import type { Task } from "../transcript/transcript.ts";
import { nullable } from "./nullable.ts";
import { type VadOptions, vadOptionNames } from "./vad.ts";

const vadValues = Type.Unsafe<VadOptions>(
  Type.Object(Object.fromEntries(vadOptionNames.map((name) => [name, nullable(Type.Number())]))),
);

export const transcribeOptions = Type.Object({
  /** "translate": the text is in English, whatever the spoken language is. */
  task: Type.Unsafe<Task>(Type.Union([Type.Literal("transcribe"), Type.Literal("translate")])),
  /** ISO 639-1 code of the spoken language; null: detect it. */
  language: nullable(Type.String()),
  /** Codes of the languages from which detection chooses; empty: all languages of the model. */
  languages: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
  /** Text that precedes the audio: style, spelling, names. */
  prompt: nullable(Type.String()),
  /** Words and names to listen for. */
  keywords: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
  /** Detect the language of each chunk separately. */
  multilingual: Type.Boolean(),
  /** 0: beam search with OpenAI's fallback; above: sampling at this temperature. */
  temperature: Type.Number(),
  /** Retry low-confidence results at higher temperatures; null: as the operator set it. */
  temperatureFallback: nullable(Type.Boolean()),
  /** Return word times. They need an additional alignment pass. */
  words: Type.Boolean(),
  /** Return the log-probability of each token. */
  logprobs: Type.Boolean(),
  /** Voice activity options; null: the model transcribes all of the audio. */
  vad: nullable(vadValues),
});
export type TranscribeOptions = Readonly<Static<typeof transcribeOptions>>;

/** The time that a job used in its runner. */
export interface Work {
  /** Seconds in the audio thread. */
  readonly decodeS: number;
  /** Seconds in all lanes, added up. */
  readonly engineS: number;
}

export interface Progress {
  /** Seconds of audio transcribed so far. */
  readonly doneS: number;
  /** Length of the audio; null: not known yet. */
  readonly totalS: number | null;
}

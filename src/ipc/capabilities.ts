/** What a model can do: a request for anything else is rejected by the name of its field. */
import { type Static, Type } from "@sinclair/typebox";
import { AsrError } from "../errors.ts";
import type { TranscribeOptions } from "./options.ts";

export const capabilities = Type.Object({
  /** ISO 639-1 codes (639-3 where there is none) of the languages that it transcribes, in the engine's order. */
  languages: Type.Array(Type.String()),
  /** It can tell which of them is spoken. */
  detectLanguage: Type.Boolean(),
  /** It follows text that precedes the audio. */
  prompt: Type.Boolean(),
  /** It listens for given words and names. */
  keywords: Type.Boolean(),
  /** It can sample at a temperature above 0. */
  temperature: Type.Boolean(),
  /** It gives the time of each word. */
  words: Type.Boolean(),
  /** It can translate into English. */
  translate: Type.Boolean(),
  /** It can transcribe a live stream while the stream goes on. */
  live: Type.Boolean(),
});
export type Capabilities = Static<typeof capabilities>;

/** Throws `unsupported_value` with the field's name when a model cannot do what the options ask for. */
export function requireCapabilities(
  options: Pick<TranscribeOptions, "language" | "prompt" | "keywords" | "temperature" | "words">,
  can: Capabilities,
  /** As clients call it; null: the error says "this model". */
  modelName: string | null = null,
): void {
  const model = modelName === null ? "this model" : `model "${modelName}"`;
  const { language } = options;
  if (language !== null && !can.languages.includes(language)) {
    const what = `Cannot transcribe language "${language}"`;
    const why =
      can.languages.length === 0
        ? `${model} takes no language; leave it out`
        : `${model} speaks ${listed(can.languages)}`;
    throw unsupported("language", `${what}: ${why}`);
  }
  if ((options.prompt ?? "").trim() !== "" && !can.prompt) {
    throw unsupported("prompt", `Cannot use a prompt: ${model} takes none; leave it out`);
  }
  if (options.keywords.length > 0 && !can.keywords) {
    throw unsupported("keywords", `Cannot use keywords: ${model} takes none; leave them out`);
  }
  if (options.temperature > 0 && !can.temperature) {
    const words = `Cannot sample at temperature ${options.temperature}: ${model} does not sample; use 0`;
    throw unsupported("temperature", words);
  }
  if (options.words && !can.words) {
    const words = `Cannot give times of words: ${model} does not know them; ask for "segment" alone`;
    throw unsupported("timestamp_granularities", words);
  }
}

// --- internal ---

/** Longer lists are counted. */
const listedMax = 8;

function listed(languages: readonly string[]): string {
  return languages.length > listedMax ? `${languages.length} others` : languages.join(", ");
}

function unsupported(param: string, words: string): AsrError {
  return new AsrError("unsupported_value", words, { param });
}

/**
 * Defines the capabilities of a model. The server rejects a request that needs a capability that the model lacks. The
 * error contains the name of the request field.
 */
import { type Static, Type } from "@sinclair/typebox";
import { AsrError } from "../errors.ts";
import type { TranscribeOptions } from "./options.ts";

export const capabilities = Type.Object({
  /**
   * Codes of the languages that the model transcribes, in the engine's order. A code is the ISO 639-1 code of the
   * language. If there is none, it is the ISO 639-3 code.
   */
  languages: Type.Array(Type.String()),
  /** The model can detect the spoken language. */
  detectLanguage: Type.Boolean(),
  /** The model accepts a prompt: text that precedes the audio. */
  prompt: Type.Boolean(),
  /** The model accepts keywords: words and names that the model prefers when it transcribes. */
  keywords: Type.Boolean(),
  /** The model can sample at a temperature above 0. */
  temperature: Type.Boolean(),
  /** The model can decode with beam search. */
  beamSize: Type.Boolean(),
  /** The encoder of the model has a window of fixed length that can be shortened for short audio. */
  encoderWindow: Type.Boolean(),
  /** The model returns the time of each word. */
  words: Type.Boolean(),
  /** The model can translate into English. */
  translate: Type.Boolean(),
  /** The model can transcribe a live stream while audio still arrives. */
  live: Type.Boolean(),
});
export type Capabilities = Static<typeof capabilities>;

/** Capabilities of a model that supports nothing but transcription. Its languages are unknown. */
export const plainCapabilities: Capabilities = {
  languages: [],
  detectLanguage: false,
  prompt: false,
  keywords: false,
  temperature: false,
  beamSize: false,
  encoderWindow: false,
  words: false,
  translate: false,
  live: false,
};

/**
 * Throws `unsupported_value` if the request needs a capability that the model lacks. The error contains the name of the
 * first field that needs a missing capability.
 */
export function requireCapabilities(
  options: Pick<
    TranscribeOptions,
    | "task"
    | "language"
    | "languages"
    | "prompt"
    | "keywords"
    | "temperature"
    | "temperatureFallback"
    | "beamSize"
    | "encoderWindow"
    | "words"
  >,
  can: Capabilities,
  /** Name of the model in the request. If it is null, the error message says "this model". */
  modelName: string | null = null,
): void {
  const model = nameOf(modelName);
  if (options.task === "translate") requireTranslation(can, modelName);
  const unknown = options.languages.find((code) => !can.languages.includes(code));
  if (unknown !== undefined) {
    const message = `Cannot detect language "${unknown}": ${model} supports ${listed(can.languages)}`;
    throw unsupported("languages", message);
  }
  if (options.languages.length > 1 && !can.detectLanguage) {
    const message = `Cannot choose between languages: ${model} does not detect the language; send one language`;
    throw unsupported("languages", message);
  }
  const { language } = options;
  if (language !== null && !can.languages.includes(language)) {
    const what = `Cannot transcribe language "${language}"`;
    const why =
      can.languages.length === 0
        ? `${model} does not support a language choice; omit it`
        : `${model} supports ${listed(can.languages)}`;
    throw unsupported("language", `${what}: ${why}`);
  }
  if ((options.prompt ?? "").trim() !== "" && !can.prompt) {
    throw unsupported("prompt", `Cannot use a prompt: ${model} does not support prompts; omit it`);
  }
  if (options.keywords.length > 0 && !can.keywords) {
    throw unsupported(
      "keywords",
      `Cannot use keywords: ${model} does not support keywords; omit them`,
    );
  }
  if (options.temperature > 0 && !can.temperature) {
    const message = `Cannot sample at temperature ${options.temperature}: ${model} does not support sampling; use 0`;
    throw unsupported("temperature", message);
  }
  if (options.temperatureFallback === true && !can.temperature) {
    const words = `Cannot retry at higher temperatures: ${model} does not support sampling; omit temperature_inc`;
    throw unsupported("temperature_inc", words);
  }
  if ((options.beamSize ?? 1) > 1 && !can.beamSize) {
    const message = `Cannot search with ${options.beamSize} beams: ${model} does not support beam search; omit beam_size`;
    throw unsupported("beam_size", message);
  }
  if (options.encoderWindow !== null && !can.encoderWindow) {
    const message = `Cannot choose the encoder window: ${model} does not have one; omit encoder_window`;
    throw unsupported("encoder_window", message);
  }
  if (options.words && !can.words) {
    const message = `Cannot return word times: ${model} does not support them; request only "segment"`;
    throw unsupported("timestamp_granularities", message);
  }
}

/**
 * Throws `unsupported_value` if the model cannot translate. The error contains the names of models that can translate.
 */
export function requireTranslation(
  { translate }: Pick<Capabilities, "translate">,
  modelName: string | null = null,
): void {
  if (translate) return;
  const remedy = 'use a model that translates, such as "base" or "large-v3"';
  throw unsupported("model", `Cannot translate: ${nameOf(modelName)} only transcribes; ${remedy}`);
}

// --- internal ---

function nameOf(modelName: string | null): string {
  return modelName === null ? "this model" : `model "${modelName}"`;
}

/** Maximum number of languages that an error message lists. For more languages, the message gives only their number. */
const listedMax = 8;

function listed(languages: readonly string[]): string {
  if (languages.length === 0) return "no choice of languages";
  return languages.length > listedMax
    ? `${languages.length} other languages`
    : languages.join(", ");
}

function unsupported(param: string, message: string): AsrError {
  return new AsrError("unsupported_value", message, { param });
}

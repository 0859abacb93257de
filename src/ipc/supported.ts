/** Checks a job's options against the capabilities of a model. The error names the field. */
import { AsrError } from "../errors.ts";
import type { Capabilities } from "./capabilities.ts";
import type { TranscribeOptions } from "./options.ts";

/** Throws `unsupported_value` with the name of the first field that the model does not support. */
export function requireSupported(options: TranscribeOptions, can: Capabilities): void {
  if (options.language !== null && !can.languages.includes(options.language)) {
    throw languageError(options.language, can.languages);
  }
  if (options.prompt !== null && !can.prompt) {
    throw unsupported("prompt", "Cannot use a prompt: this model does not support prompts");
  }
  if (options.keywords.length > 0 && !can.keywords) {
    throw unsupported("keywords", "Cannot use keywords: this model does not support keywords");
  }
  if (options.temperature > 0 && !can.temperature) {
    const words = `Cannot use temperature ${options.temperature}: this model does not support sampling`;
    throw unsupported("temperature", `${words}; use 0`);
  }
  if (options.words && !can.words) {
    const words = 'Cannot return the granularity "word": this model does not support word times';
    throw unsupported("timestamp_granularities", words);
  }
}

// --- internal ---

/** An error lists at most this many languages. */
const listedMax = 8;

function languageError(language: string, languages: readonly string[]): AsrError {
  const what = `Cannot transcribe language "${language}"`;
  if (languages.length === 0) {
    return unsupported(
      "language",
      `${what}: this model does not support a language option; omit it`,
    );
  }
  const known =
    languages.length > listedMax ? `${languages.length} other languages` : languages.join(", ");
  return unsupported("language", `${what}: this model supports ${known}`);
}

function unsupported(param: string, words: string): AsrError {
  return new AsrError("unsupported_value", words, { param });
}

/** Whether a model can do what a job asks of it: a request for anything else is rejected by the name of its field. */
import { AsrError } from "../errors.ts";
import type { Capabilities } from "./capabilities.ts";
import type { TranscribeOptions } from "./options.ts";

/** Throws AsrError `unsupported_value` with the field that the model cannot honour. */
export function requireSupported(options: TranscribeOptions, can: Capabilities): void {
  if (options.language !== null && !can.languages.includes(options.language)) {
    throw languageError(options.language, can.languages);
  }
  if (options.prompt !== null && !can.prompt) {
    throw unsupported("prompt", "Cannot use a prompt: this model takes none");
  }
  if (options.keywords.length > 0 && !can.keywords) {
    throw unsupported("keywords", "Cannot use keywords: this model takes none");
  }
  if (options.temperature > 0 && !can.temperature) {
    const words = `Cannot use temperature ${options.temperature}: this model does not sample`;
    throw unsupported("temperature", `${words}; use 0`);
  }
  if (options.words && !can.words) {
    const words = 'Cannot give the granularity "word": this model has no times of words';
    throw unsupported("timestamp_granularities", words);
  }
}

// --- internal ---

/** So many languages are listed in an error. */
const listedMax = 8;

function languageError(language: string, languages: readonly string[]): AsrError {
  const what = `Cannot transcribe language "${language}"`;
  if (languages.length === 0) {
    return unsupported("language", `${what}: this model takes no language; leave it out`);
  }
  const known = languages.length > listedMax ? `${languages.length} others` : languages.join(", ");
  return unsupported("language", `${what}: this model speaks ${known}`);
}

function unsupported(param: string, words: string): AsrError {
  return new AsrError("unsupported_value", words, { param });
}

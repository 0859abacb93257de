/** The capabilities of a Whisper model, independent of its engine. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface WhisperFacts {
  /** ["en"] when the model is not multilingual. */
  readonly languages: readonly string[];
  /** Word times need the model's alignment heads, from its files or from the engine. */
  readonly words: boolean;
}

export function whisperCapabilities({ languages, words }: WhisperFacts): Capabilities {
  const isMultilingual = languages.length > 1;
  return {
    languages: [...languages],
    detectLanguage: isMultilingual,
    prompt: true,
    keywords: true,
    temperature: true,
    words,
    translate: isMultilingual,
    live: false,
  };
}

/** The capabilities of Whisper models, for every engine. Some of them depend on the languages of the model. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface WhisperFacts {
  /** Only English if the model is not multilingual. */
  readonly languages: readonly string[];
  /**
   * Whether word times are possible: the attention heads that follow the audio are known from the files or to the
   * engine.
   */
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

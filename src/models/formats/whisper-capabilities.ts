/** What every Whisper model can do, whichever engine runs it; the rest depends on its languages. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface WhisperFacts {
  /** English alone for a model that is not multilingual. */
  readonly languages: readonly string[];
  /** Its files name the attention heads that follow the audio, or the engine knows them. */
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

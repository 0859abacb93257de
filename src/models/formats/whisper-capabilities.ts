/** The capabilities of a Whisper model, independent of its engine. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface WhisperFacts {
  /** ["en"] when the model is not multilingual. */
  readonly languages: readonly string[];
  /** Word times need the model's alignment heads, from its files or from the engine. */
  readonly words: boolean;
  /**
   * False: the decoder has fewer layers than the encoder. Such a model (large-v3-turbo, distil-whisper) was trained only to
   * transcribe. Absent: unknown until the engine has loaded the model.
   */
  readonly hasWholeDecoder?: boolean;
}

export function whisperCapabilities(facts: WhisperFacts): Capabilities {
  const { languages, words, hasWholeDecoder = true } = facts;
  const isMultilingual = languages.length > 1;
  return {
    languages: [...languages],
    detectLanguage: isMultilingual,
    prompt: true,
    keywords: true,
    temperature: true,
    words,
    translate: isMultilingual && hasWholeDecoder,
    live: false,
  };
}

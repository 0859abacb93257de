/** Determines the capabilities of a Whisper model. They do not depend on the engine. */
import type { Capabilities } from "../../ipc/capabilities.ts";
import { whisperLanguages } from "../../transcript/languages.ts";

export interface WhisperFacts {
  /** Codes of the languages that the model transcribes. Only "en" when the model is not multilingual. */
  readonly languages: readonly string[];
  /**
   * Whether the model can return word times. For word times, the engine must know the alignment heads of the model. The
   * alignment heads are either in the files of the model or in the engine itself.
   */
  readonly words: boolean;
  /**
   * Whether the decoder has at least as many layers as the encoder. A model with fewer layers (large-v3-turbo,
   * distil-whisper) was trained only to transcribe, not to translate. Null when the number of layers is known only
   * after the engine has loaded the model.
   */
  readonly hasWholeDecoder: boolean | null;
}

export function whisperCapabilities(facts: WhisperFacts): Capabilities {
  const { languages, words, hasWholeDecoder } = facts;
  const isMultilingual = languages.length > 1;
  return {
    languages: [...languages],
    detectLanguage: isMultilingual,
    prompt: true,
    keywords: true,
    temperature: true,
    beamSize: true,
    encoderWindow: true,
    words,
    translate: isMultilingual && hasWholeDecoder !== false,
    live: false,
  };
}

/** Returns the codes of the languages of a model with this number of tokens in its vocabulary. */
export function languagesOfVocabulary(tokens: number): string[] {
  return whisperLanguages(tokens === englishTokens ? 1 : tokens - otherTokens);
}

// --- internal ---

/** Number of tokens of an English-only model. */
const englishTokens = 51_864;
/** Number of tokens of a multilingual model that are not language tokens. */
const otherTokens = 51_766;

/**
 * Reads the capabilities of a model from the header of a ggml file of whisper.cpp. Treats the file as untrusted input.
 */
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { whisperLanguages } from "../../transcript/languages.ts";
import { readHead } from "../file-facts.ts";
import { whisperCapabilities } from "./whisper-capabilities.ts";

/**
 * Returns the capabilities of the model. Null when the file is not a ggml file. Throws AsrError `model_load_failed`
 * when the header is damaged.
 */
export async function inspectGgmlWhisper(path: string): Promise<Capabilities | null> {
  const bytes = await readHead(path, headerBytes);
  if (bytes === null || bytes.length < 4) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (header.getUint32(0, true) !== magic) return null;
  if (bytes.length < headerBytes) throw damaged("the file ends inside its header");
  const vocabulary = header.getInt32(4, true);
  if (vocabulary < vocabularyMin || vocabulary > vocabularyMax) {
    const expected = `expected ${vocabularyMin} to ${vocabularyMax}`;
    throw damaged(`its header claims a vocabulary of ${vocabulary} tokens, ${expected}`);
  }
  const languages = whisperLanguages(languagesIn(vocabulary));
  // Word times are always available, because whisper.cpp contains a table of the alignment heads of each model.
  return whisperCapabilities({ languages, words: true });
}

// --- internal ---

/** The header consists of the magic number "ggml" and eleven other numbers. Each number has four bytes. */
const magic = 0x67676d6c;
const headerBytes = 48;

/**
 * Limits of the vocabulary size, in tokens. They are the same as in ffi/whisper-cpp/model.hpp. English-only models have
 * the smallest vocabulary.
 */
const vocabularyMin = 51_864;
const vocabularyMax = 60_000;
/** Number of tokens of a multilingual model that do not mean a language. */
const otherTokens = 51_766;

function languagesIn(vocabulary: number): number {
  return vocabulary === vocabularyMin ? 1 : vocabulary - otherTokens;
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`);
}

/** Reads the capabilities of a whisper.cpp model from the header of its ggml file. The file is untrusted. */
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { whisperLanguages } from "../../transcript/languages.ts";
import { readHead } from "../file-facts.ts";
import { whisperCapabilities } from "./whisper-capabilities.ts";

/** Null if it is not a ggml file. Throws AsrError `model_load_failed` when its header is damaged. */
export async function inspectGgmlWhisper(path: string): Promise<Capabilities | null> {
  const bytes = await readHead(path, headerBytes);
  if (bytes === null || bytes.length < 4) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (header.getUint32(0, true) !== magic) return null;
  if (bytes.length < headerBytes) throw damaged("the file is cut short in its header");
  const vocabulary = header.getInt32(4, true);
  if (vocabulary < vocabularyMin || vocabulary > vocabularyMax) {
    const expected = `expected ${vocabularyMin} to ${vocabularyMax}`;
    throw damaged(`its header claims a vocabulary of ${vocabulary} tokens, ${expected}`);
  }
  const languages = whisperLanguages(languagesIn(vocabulary));
  // whisper.cpp has a table of the attention heads that follow the audio.
  return whisperCapabilities({ languages, words: true });
}

// --- internal ---

/** "ggml" as whisper.cpp writes it, and eleven numbers of four bytes each. */
const magic = 0x67676d6c;
const headerBytes = 48;

/** The same limits as in ffi/whisper-cpp/model.hpp. English models have the smallest vocabulary. */
const vocabularyMin = 51_864;
const vocabularyMax = 60_000;
/** Tokens of a multilingual model that are not languages. */
const otherTokens = 51_766;

function languagesIn(vocabulary: number): number {
  return vocabulary === vocabularyMin ? 1 : vocabulary - otherTokens;
}

function damaged(words: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${words}`);
}

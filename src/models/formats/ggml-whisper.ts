/** Reads the capabilities of a model from the header of a ggml file of whisper.cpp. The file is untrusted. */
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { whisperLanguages } from "../../transcript/languages.ts";
import { readHead } from "../file-facts.ts";
import { whisperCapabilities } from "./whisper-capabilities.ts";

/** Null when the file is not a ggml file. Throws AsrError `model_load_failed` when its header is damaged. */
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
  // Word times always work: whisper.cpp has a table of the alignment heads of each model.
  const hasWholeDecoder =
    header.getInt32(decoderLayersAt, true) >= header.getInt32(encoderLayersAt, true);
  return whisperCapabilities({ languages, words: true, hasWholeDecoder });
}

// --- internal ---

/** The header: the magic number "ggml" and eleven numbers of four bytes each. */
const magic = 0x67676d6c;
const headerBytes = 48;
const encoderLayersAt = 20;
const decoderLayersAt = 36;

/** The limits of ffi/whisper-cpp/model.hpp; English-only models have the smallest vocabulary. */
const vocabularyMin = 51_864;
const vocabularyMax = 60_000;
/** Tokens of a multilingual model that are not languages. */
const otherTokens = 51_766;

function languagesIn(vocabulary: number): number {
  return vocabulary === vocabularyMin ? 1 : vocabulary - otherTokens;
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`);
}

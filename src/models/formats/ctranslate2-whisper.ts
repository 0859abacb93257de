/**
 * Reads the capabilities of a Whisper model that was converted for CTranslate2 from the files in its folder. The
 * files are untrusted.
 */
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { readHead, readText } from "../file-facts.ts";
import { whisperCapabilities } from "./whisper-capabilities.ts";

/**
 * Null if the folder does not contain such a model. Throws AsrError `model_load_failed` if it does, but its other
 * files are missing or damaged.
 */
export async function inspectCtranslate2Whisper(folder: string): Promise<Capabilities | null> {
  if (!(await isWhisper(join(folder, "model.bin")))) return null;
  const config = await readConfig(folder);
  const vocabulary = await readVocabulary(folder);
  const { alignment_heads: heads } = config;
  return whisperCapabilities({
    languages: languagesIn(vocabulary),
    words: Array.isArray(heads) && heads.length > 0,
  });
}

// --- internal ---

/** Much larger than needed: the vocabulary of Whisper has half a megabyte, its config.json two kilobytes. */
const configBytesMax = 1024 * 1024;
const vocabularyBytesMax = 16 * 1024 * 1024;

const specification = "WhisperSpec";
/** Minimum number of tokens of a multilingual model. CTranslate2 uses the same rule. */
const multilingualTokensMin = 51_865;

/**
 * The file of the weights begins with a version (4 bytes), the length of a name (2 bytes) and the name. The name ends
 * with a zero byte.
 */
async function isWhisper(weights: string): Promise<boolean> {
  const bytes = await readHead(weights, 6 + specification.length);
  if (bytes === null || bytes.length < 6) return false;
  return new TextDecoder().decode(bytes.subarray(6)) === specification;
}

async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(join(folder, "config.json"), configBytesMax);
  if (text === null) throw damaged("its folder has no config.json, or one that cannot be read");
  const value = parse(text, "config.json");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged("its config.json is that of something else");
  }
  return value as Record<string, unknown>;
}

/** Tokens in the order of their ids. */
async function readVocabulary(folder: string): Promise<readonly string[]> {
  const json = await readText(join(folder, "vocabulary.json"), vocabularyBytesMax);
  if (json !== null) {
    const value = parse(json, "vocabulary.json");
    if (Array.isArray(value) && value.every((token) => typeof token === "string")) return value;
    throw damaged("its vocabulary.json is that of something else");
  }
  const text = await readText(join(folder, "vocabulary.txt"), vocabularyBytesMax);
  if (text !== null) return text.replace(/\n$/, "").split("\n");
  throw damaged("its folder has no vocabulary.json and no vocabulary.txt that can be read");
}

/** The languages are the tokens between the start of a transcript and the tasks. */
function languagesIn(vocabulary: readonly string[]): readonly string[] {
  const start = vocabulary.indexOf("<|startoftranscript|>");
  const end = Math.min(vocabulary.indexOf("<|translate|>"), vocabulary.indexOf("<|transcribe|>"));
  if (start < 0 || end <= start) throw damaged("its vocabulary is not that of a Whisper model");
  if (vocabulary.length < multilingualTokensMin) return ["en"];
  return vocabulary.slice(start + 1, end).map((token) => {
    const code = /^<\|([a-z]{2,3})\|>$/.exec(token)?.[1];
    if (code === undefined) throw damaged("its vocabulary has a language without a code");
    // Whisper uses a withdrawn code for Javanese.
    return code === "jw" ? "jv" : code;
  });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(`its ${file} is damaged`, cause);
  }
}

function damaged(words: string, cause?: unknown): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${words}`, { cause });
}

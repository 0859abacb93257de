/**
 * Reads the capabilities of a Whisper model that was converted for CTranslate2. Treats the files in its folder as
 * untrusted input.
 */
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { engineLanguage } from "../../transcript/languages.ts";
import { readFacts, readHead, readText } from "../file-facts.ts";
import { readVariableHeads, type VariableHead } from "./ctranslate2-variables.ts";
import { whisperCapabilities } from "./whisper-capabilities.ts";

/**
 * Returns the capabilities of the model. Null when the folder does not contain such a model. Throws AsrError
 * `model_load_failed` when a file of the model is missing or damaged.
 */
export async function inspectCtranslate2Whisper(folder: string): Promise<Capabilities | null> {
  const weights = join(folder, "model.bin");
  if (!(await isWhisper(weights))) return null;
  await requireSmallTokenizer(folder);
  const config = await readConfig(folder);
  const vocabulary = await readVocabulary(folder);
  const { alignment_heads: heads } = config;
  return whisperCapabilities({
    languages: languagesIn(vocabulary),
    words: Array.isArray(heads) && heads.length > 0,
    hasWholeDecoder: hasWholeDecoder((await readVariableHeads(weights)) ?? []),
  });
}

// --- internal ---

/**
 * Maximum file sizes in bytes, the same as in ffi/ctranslate2/model_file.hpp. Whisper's config.json has about two
 * kilobytes, its vocabulary one megabyte, and its tokenizer.json three megabytes.
 */
const configBytesMax = 1024 * 1024;
const vocabularyBytesMax = 4 * 1024 * 1024;
const tokenizerBytesMax = 64 * 1024 * 1024;

const specification = "WhisperSpec";
/** Minimum number of tokens of a multilingual model. CTranslate2 treats a model with fewer tokens as English only. */
const multilingualTokensMin = 51_865;

/**
 * Returns whether the file contains the weights of a Whisper model. The file starts with a version (4 bytes), the
 * length of a name (2 bytes) and the name, which ends with a zero byte.
 */
async function isWhisper(weights: string): Promise<boolean> {
  const bytes = await readHead(weights, 6 + specification.length);
  if (bytes === null || bytes.length < 6) return false;
  return new TextDecoder().decode(bytes.subarray(6)) === specification;
}

/**
 * Throws AsrError when tokenizer.json is too large. No engine reads this file, but a file that is too large shows that
 * the folder is not a valid model.
 */
async function requireSmallTokenizer(folder: string): Promise<void> {
  const bytes = (await readFacts(join(folder, "tokenizer.json")))?.bytes ?? 0;
  if (bytes <= tokenizerBytesMax) return;
  throw damaged(`its tokenizer.json has ${bytes} bytes, expected at most ${tokenizerBytesMax}`);
}

async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(join(folder, "config.json"), configBytesMax);
  if (text === null) throw damaged("its config.json is missing or cannot be read");
  const value = parse(text, "config.json");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged("its config.json is not the configuration of a model");
  }
  return value as Record<string, unknown>;
}

/** Returns the tokens in the order of their ids. */
async function readVocabulary(folder: string): Promise<readonly string[]> {
  const json = await readText(join(folder, "vocabulary.json"), vocabularyBytesMax);
  if (json !== null) {
    const value = parse(json, "vocabulary.json");
    if (Array.isArray(value) && value.every((token) => typeof token === "string")) return value;
    throw damaged("its vocabulary.json is not a list of tokens");
  }
  const text = await readText(join(folder, "vocabulary.txt"), vocabularyBytesMax);
  if (text !== null) return text.replace(/\n$/, "").split("\n");
  throw damaged("it has neither a readable vocabulary.json nor a readable vocabulary.txt");
}

/** Returns the language codes of the model. Their tokens are between `<|startoftranscript|>` and the task tokens. */
function languagesIn(vocabulary: readonly string[]): readonly string[] {
  const start = vocabulary.indexOf("<|startoftranscript|>");
  const end = Math.min(vocabulary.indexOf("<|translate|>"), vocabulary.indexOf("<|transcribe|>"));
  if (start < 0 || end <= start)
    throw damaged("its vocabulary is not the vocabulary of a Whisper model");
  if (vocabulary.length < multilingualTokensMin) return ["en"];
  return vocabulary.slice(start + 1, end).map((token) => {
    const code = /^<\|([a-z]{2,3})\|>$/.exec(token)?.[1];
    if (code === undefined) throw damaged("its vocabulary has a language without a code");
    return engineLanguage(code);
  });
}

/**
 * Returns whether the decoder has each layer that the encoder has. Null when the model file lists no layers of the
 * encoder, because the layers are then unknown. `has_whole_decoder` in ffi/ctranslate2/model.hpp uses the same rule.
 */
function hasWholeDecoder(variables: readonly VariableHead[]): boolean | null {
  const names = variables.map(({ name }) => /^(encoder|decoder)\/layer_(\d+)\//.exec(name));
  const layersOf = (part: string) =>
    new Set(names.filter((name) => name?.[1] === part).map((name) => name?.[2]));
  const encoder = layersOf("encoder");
  return encoder.size === 0 ? null : encoder.isSubsetOf(layersOf("decoder"));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(`its ${file} is damaged`, cause);
  }
}

function damaged(reason: string, cause?: unknown): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`, { cause });
}

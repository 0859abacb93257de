/**
 * Reads the capabilities of a Whisper model for MLX from the config.json in its folder. Treats the files as untrusted
 * input.
 */
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { readFacts, readText } from "../file-facts.ts";
import { weightsPath } from "../weights-path.ts";
import { languagesOfVocabulary, whisperCapabilities } from "./whisper-capabilities.ts";

/** Names of the file with the weights, in order of preference. A folder contains one of them. */
export const mlxWeightsFiles: readonly string[] = ["weights.safetensors", "weights.npz"];

/**
 * Returns the capabilities of the model. Null when the folder does not contain such a model. Throws AsrError
 * `model_load_failed` when config.json is of such a model, but describes an impossible model or the weights are missing.
 */
export async function inspectMlxWhisper(folder: string): Promise<Capabilities | null> {
  const text = await readText(join(folder, "config.json"), configBytesMax);
  const config = text === null ? null : parseObject(text);
  if (config === null || !names.every((name) => Object.hasOwn(config, name))) return null;
  if ((await readFacts(await weightsPath({ weightsFile: mlxWeightsFiles }, folder))) === null) {
    throw damaged(`its folder has no ${mlxWeightsFiles.join(" and no ")}`);
  }
  const number = (name: Name): number => numberOf(config, name);
  return whisperCapabilities({
    languages: languagesOfVocabulary(number("n_vocab")),
    // Without alignment heads in the file, the engine uses OpenAI's list, or the upper half of the layers.
    words: true,
    hasWholeDecoder: number("n_text_layer") >= number("n_audio_layer"),
  });
}

// --- internal ---

/** Maximum size of config.json in bytes, the same as in ffi/mlx/whisper/config.hpp. */
const configBytesMax = 1024 * 1024;

/** The ranges of the numbers in config.json, the same as in ffi/mlx/whisper/config.hpp. */
const ranges = {
  n_mels: [80, 128],
  n_vocab: [51_864, 51_866],
  n_audio_layer: [1, 128],
  n_text_layer: [1, 128],
} as const;
type Name = keyof typeof ranges;
const names = Object.keys(ranges) as Name[];

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function numberOf(config: Readonly<Record<string, unknown>>, name: Name): number {
  const value = config[name];
  const [low, high] = ranges[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) {
    return value;
  }
  throw damaged(`its config.json has an impossible ${name}, expected ${low} to ${high}`);
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`);
}

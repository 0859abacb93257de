/**
 * Reads the capabilities of a Kyutai speech-to-text model for MLX from the config.json in its folder. Treats the file as
 * untrusted input.
 */
import { join } from "node:path";
import { AsrError } from "../../errors.ts";
import { type Capabilities, plainCapabilities } from "../../ipc/capabilities.ts";
import { readFacts } from "../file-facts.ts";
import { readMlxConfig } from "./mlx-config.ts";

/** Names of the file with the weights of the language model: as published, and quantised to 8 and to 4 bits. */
export const kyutaiWeightsFiles: readonly string[] = [
  "model.safetensors",
  "model.q8.safetensors",
  "model.q4.safetensors",
];

/**
 * Returns the capabilities of the model. Null when the folder does not contain such a model. Throws AsrError
 * `model_load_failed` when config.json is of such a model, but one of its files is missing.
 */
export async function inspectMlxKyutai(folder: string): Promise<Capabilities | null> {
  const config = await readMlxConfig(folder);
  if (config === null || typeof config["mimi_name"] !== "string") return null;
  const { moshi_name: weights = kyutaiWeightsFiles[0], tokenizer_name: vocabulary } = config;
  for (const name of [weights, config["mimi_name"], vocabulary]) {
    if ((await factsOf(folder, name)) === null) {
      const message = `Cannot read the model: its folder lacks a file that its config.json names (${String(name)})`;
      throw new AsrError("model_load_failed", message);
    }
  }
  return {
    ...plainCapabilities,
    languages: languagesOf(String(vocabulary)),
    words: true,
    live: true,
  };
}

// --- internal ---

async function factsOf(folder: string, name: unknown) {
  return typeof name === "string" ? readFacts(join(folder, name)) : null;
}

/**
 * Returns the languages in the name of a vocabulary, for example "en" and "fr" for `tokenizer_en_fr_audio_8000.model`, the
 * same as in ffi/mlx/kyutai/config.hpp.
 */
function languagesOf(vocabulary: string): string[] {
  return /^tokenizer_(.+?)_audio_/u.exec(vocabulary)?.[1]?.split("_") ?? [];
}

/**
 * Reads the capabilities of a Parakeet model for MLX from the config.json in its folder. This file is the configuration
 * of the model in NVIDIA's NeMo. Treats it as untrusted input.
 */
import { AsrError } from "../../errors.ts";
import { type Capabilities, plainCapabilities } from "../../ipc/capabilities.ts";
import { readFacts } from "../file-facts.ts";
import { parakeetLanguages } from "../parakeet-languages.ts";
import { weightsPath } from "../weights-path.ts";
import { type MlxConfig, objectIn, readMlxConfig } from "./mlx-config.ts";

export const parakeetWeightsFile = "model.safetensors";

/**
 * Returns the capabilities of the model. Null when the folder does not contain such a model. Throws AsrError
 * `model_load_failed` when config.json is of such a model, but the weights are missing.
 */
export async function inspectMlxParakeet(folder: string): Promise<Capabilities | null> {
  const config = await readMlxConfig(folder);
  if (config === null || !classes.has(String(config["target"]).replace(/^.*\./u, ""))) return null;
  if ((await readFacts(await weightsPath({ weightsFile: parakeetWeightsFile }, folder))) === null) {
    const message = `Cannot read the model: its folder has no ${parakeetWeightsFile}`;
    throw new AsrError("model_load_failed", message);
  }
  const languages = languagesByVocabulary[piecesIn(config)] ?? [];
  const durations = objectIn(config["model_defaults"])?.["tdt_durations"] ?? null;
  const beamSize = durations !== null;
  return { ...plainCapabilities, languages: [...languages], beamSize, words: true };
}

// --- internal ---

/** NeMo's classes of Parakeet models, the same as in ffi/mlx/parakeet/config.hpp. */
const classes: ReadonlySet<string> = new Set([
  "EncDecRNNTBPEModel",
  "EncDecHybridRNNTCTCBPEModel",
  "EncDecCTCModelBPE",
]);

/**
 * Languages of the published models, by the size of their vocabulary, the same as in ffi/mlx/parakeet/languages.hpp. A
 * model of another size does not say which languages it knows.
 */
const languagesByVocabulary: Readonly<Record<number, readonly string[]>> = {
  1024: ["en"],
  3072: ["ja"],
  8192: parakeetLanguages,
};

/** Returns the number of pieces in the vocabulary. A transducer has it in `joint`, and a CTC model in `decoder`. */
function piecesIn(config: MlxConfig): number {
  const lists = ["joint", "decoder"].map((part) => objectIn(config[part])?.["vocabulary"]);
  const pieces = lists.find((list) => Array.isArray(list));
  return Array.isArray(pieces) ? pieces.length : 0;
}

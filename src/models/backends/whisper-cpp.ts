/** Backend for whisper.cpp, which runs on the CPU, and with Metal on Macs. Its Whisper models are ggml files. */
import { ggmlWeights } from "../formats/ggml-weights.ts";
import { inspectGgmlWhisper } from "../formats/ggml-whisper.ts";
import { quantizedBytes, quantizedModels, whisperBytes } from "../whisper-sizes.ts";
import type { Backend } from "./backend.ts";
import { backendNames } from "./backend-names.ts";
import { starterFiles } from "./starter.ts";
import { canTranslate, whisperFacts, whisperSizes } from "./whisper.ts";

/** Names of the models in whisper.cpp's repository. Not every quantization exists for every size. */
const publishedModels: readonly string[] = [...whisperSizes, ...quantizedModels];

export const whisperCpp: Backend = {
  id: backendNames.whisperCpp.id,
  displayName: "whisper.cpp",
  family: "whisper",
  library: "whisper-cpp",
  devices: ["cpu", "metal"],
  patterns: backendNames.whisperCpp.patterns,
  publishedModels,
  embedded: starterFiles,
  storage: "file",
  fileName,
  remote(model) {
    if (!publishedModels.includes(model)) return null;
    return {
      repository: "ggerganov/whisper.cpp",
      files: [fileName(model)],
      isPublished: true,
      folder: null,
      bytes: quantizedBytes(model) ?? whisperBytes(model),
      translates: canTranslate(model),
    };
  },
  ...whisperFacts,
  expectedPath: "a ggml file of whisper.cpp",
  inspect: inspectGgmlWhisper,
  weightFacts: ggmlWeights,
};

// --- internal ---

function fileName(model: string): string {
  return `ggml-${model}.bin`;
}

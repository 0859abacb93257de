/** whisper.cpp: Whisper models in ggml files; runs on the CPU, and with Metal on Macs. */
import { inspectGgmlWhisper } from "../formats/ggml-whisper.ts";
import { whisperBytes } from "../whisper-sizes.ts";
import { type Backend, whisperMemory } from "./backend.ts";

const publishedModels = [
  "tiny",
  "tiny.en",
  "base",
  "base.en",
  "small",
  "small.en",
  "medium",
  "medium.en",
  "large-v1",
  "large-v2",
  "large-v3",
  "large-v3-turbo",
];

export const whisperCpp: Backend = {
  id: "whisper-cpp",
  displayName: "whisper.cpp",
  library: "whisper-cpp",
  devices: ["cpu", "metal"],
  patterns: ["tiny*", "base*", "small*", "medium*", "large*"],
  publishedModels,
  embedded: { base: "starter-model" },
  form: "file",
  fileName,
  remote(model) {
    const [size = model] = model.split(/-q\d/);
    if (!publishedModels.includes(size)) return null;
    const bytes = whisperBytes(model);
    return { repository: "ggerganov/whisper.cpp", files: [fileName(model)], folder: null, bytes };
  },
  chunkMaxS: 30,
  memory: whisperMemory,
  expectedPath: "a ggml file of whisper.cpp",
  inspect: inspectGgmlWhisper,
};

// --- internal ---

function fileName(model: string): string {
  return `ggml-${model}.bin`;
}

/** Backend for whisper.cpp, which runs on the CPU, and with Metal on Macs. Its Whisper models are ggml files. */
import { inspectGgmlWhisper } from "../formats/ggml-whisper.ts";
import { whisperBytes } from "../whisper-sizes.ts";
import type { Backend } from "./backend.ts";
import { starterFiles } from "./starter.ts";
import { whisperFacts, whisperSizes } from "./whisper.ts";

export const whisperCpp: Backend = {
  id: "whisper-cpp",
  displayName: "whisper.cpp",
  library: "whisper-cpp",
  devices: ["cpu", "metal"],
  patterns: ["tiny*", "base*", "small*", "medium*", "large*"],
  publishedModels: whisperSizes,
  embedded: starterFiles,
  storage: "file",
  fileName,
  remote(model) {
    const [size = model] = model.split(/-q\d/);
    if (!whisperSizes.includes(size) || !/^[\w.-]+$/u.test(model)) return null;
    const bytes = whisperBytes(model);
    return {
      repository: "ggerganov/whisper.cpp",
      files: [fileName(model)],
      isPublished: true,
      folder: null,
      bytes,
    };
  },
  ...whisperFacts,
  expectedPath: "a ggml file of whisper.cpp",
  inspect: inspectGgmlWhisper,
};

// --- internal ---

function fileName(model: string): string {
  return `ggml-${model}.bin`;
}

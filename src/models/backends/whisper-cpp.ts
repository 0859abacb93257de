/** whisper.cpp: OpenAI's Whisper models in ggml files; CPU everywhere, Metal on Macs. */
import type { Backend } from "./backend.ts";

export const whisperCpp: Backend = {
  id: "whisper-cpp",
  displayName: "whisper.cpp",
  library: "whisper-cpp",
  devices: ["cpu", "metal"],
  capabilities: { prompt: true, words: true, segments: true, languages: true },
  patterns: ["tiny*", "base*", "small*", "medium*", "large*"],
  embedded: { base: "starter-model" },
  form: "file",
  fileName: (model) => `ggml-${model}.bin`,
  pathMeans: "a ggml file of whisper.cpp",
};

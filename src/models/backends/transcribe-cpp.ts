/**
 * Backend for transcribe.cpp, which runs Parakeet and many other kinds of models on the CPU, and with Metal on Macs. Its
 * models are GGUF files. It also runs the ggml files of whisper.cpp, but returns only the text of their chunks.
 */
import { ggufWeights, inspectSpeechModel } from "../formats/gguf-speech.ts";
import type { Backend } from "./backend.ts";
import { backendNames } from "./backend-names.ts";
import { publishedModel, publishedNames } from "./transcribe-cpp-models.ts";

export const transcribeCpp: Backend = {
  id: backendNames.transcribeCpp.id,
  displayName: "transcribe.cpp",
  library: "transcribe-cpp",
  devices: ["cpu", "metal"],
  patterns: backendNames.transcribeCpp.patterns,
  publishedModels: publishedNames,
  embedded: {},
  storage: "file",
  fileName: (model) => publishedModel(model)?.file ?? `${model}.gguf`,
  remote(model) {
    const found = publishedModel(model);
    if (found === null) return null;
    const { repository, file, bytes, translates } = found;
    return { repository, files: [file], isPublished: true, folder: null, bytes, translates };
  },
  chunkMaxS: 30,
  /**
   * Each lane loads the model. The lanes share the mapped file, but the resident size of the process counts it once for
   * each lane. In addition, each lane of a Parakeet file of 740 MB needs 390 MB for converted weights and 60 MB for
   * 30 s of audio.
   */
  memory: { processBytes: 200e6, laneBytes: 200e6, laneBytesPerFileByte: 1.6 },
  expectedPath: "a GGUF file of transcribe.cpp",
  inspect: inspectSpeechModel,
  weightFacts: ggufWeights,
};

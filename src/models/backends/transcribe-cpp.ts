/**
 * Backend for transcribe.cpp. This engine runs Parakeet and many other kinds of models on the CPU, with Metal on Macs,
 * and with Vulkan on Linux and Windows. Its models are GGUF files. The engine also runs the ggml files of whisper.cpp,
 * but for them it returns only the text of each chunk.
 */
import { embeddedNames } from "../../platform/embedded.ts";
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
   * Each lane loads the model. The lanes share the memory of the mapped file, but the resident size of the process
   * includes the file once for each lane. A lane also needs other memory: with a Parakeet file of 740 MB, 390 MB for
   * converted weights and 60 MB for 30 s of audio.
   */
  memory: { processBytes: 200e6, laneBytes: 200e6, laneBytesPerFileByte: 1.6 },
  expectedPath: "a GGUF file of transcribe.cpp",
  inspect: inspectSpeechModel,
  weightFacts: ggufWeights,
};

/**
 * Returns the backend with the library for Vulkan, if there is one. `file` is the path of a library that a build has made;
 * null: the library is in the executable.
 */
export function transcribeCppWithVulkan(file: string | null): Backend {
  if (file === null && embeddedNames(vulkanLibraryName).length === 0) return transcribeCpp;
  const vulkanLibrary = { name: vulkanLibraryName, file };
  return { ...transcribeCpp, devices: ["cpu", "vulkan"], vulkanLibrary };
}

// --- internal ---

const vulkanLibraryName = "transcribe-cpp-vulkan";

/** Lists the backends, in the order in which they are preferred for a model name. */
import type { Backend } from "./backend.ts";
import { fasterWhisper } from "./faster-whisper.ts";
import { mlxBackends } from "./mlx.ts";
import { nullBackend } from "./null.ts";
import { transcribeCppWithVulkan } from "./transcribe-cpp.ts";
import { whisperCpp } from "./whisper-cpp.ts";

export interface BackendOptions {
  readonly nullBackend: boolean;
  /** Path of the library of MLX's engine. Null: the library is in the executable, if it contains this engine. */
  readonly mlxLibrary: string | null;
  /** Number of chunks that lightning-whisper-mlx decodes together. */
  readonly batchSize?: number;
  /** Path of transcribe.cpp's library for Vulkan. Null: the library is in the executable, if it contains this library. */
  readonly vulkanLibrary: string | null;
}

export function listBackends(options: BackendOptions): readonly Backend[] {
  const mlx = mlxBackends(options);
  const transcribeCpp = transcribeCppWithVulkan(options.vulkanLibrary);
  const gguf = mlx.length === 0 ? transcribeCpp : withoutMlxNames(transcribeCpp);
  const engines = [whisperCpp, fasterWhisper, gguf, ...mlx];
  return options.nullBackend ? [...engines, nullBackend] : engines;
}

// --- internal ---

/** Returns the backend without the names of files for MLX, which mean those files where MLX is available. */
function withoutMlxNames(backend: Backend): Backend {
  const patterns = backend.patterns.filter((glob) => !glob.startsWith("mlx-community/"));
  return { ...backend, patterns };
}

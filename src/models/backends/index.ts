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
  /** Path of transcribe.cpp's library for Vulkan. Null: the library is in the executable, if it contains this library. */
  readonly vulkanLibrary: string | null;
}

export function listBackends(options: BackendOptions): readonly Backend[] {
  const transcribeCpp = transcribeCppWithVulkan(options.vulkanLibrary);
  const engines = [whisperCpp, fasterWhisper, transcribeCpp, ...mlxBackends(options.mlxLibrary)];
  return options.nullBackend ? [...engines, nullBackend] : engines;
}

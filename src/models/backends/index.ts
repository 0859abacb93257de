/** Lists the backends, in the order in which they are preferred for a model name. */
import type { Backend } from "./backend.ts";
import { fasterWhisper } from "./faster-whisper.ts";
import { nullBackend } from "./null.ts";
import { transcribeCpp } from "./transcribe-cpp.ts";
import { whisperCpp } from "./whisper-cpp.ts";

export function listBackends(options: { readonly nullBackend: boolean }): readonly Backend[] {
  const engines = [whisperCpp, fasterWhisper, transcribeCpp];
  return options.nullBackend ? [...engines, nullBackend] : engines;
}

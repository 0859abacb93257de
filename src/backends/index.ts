/** The backends, in the order in which they are asked for a model's name. */
import type { Backend } from "./backend.ts";
import { nullBackend } from "./null.ts";
import { whisperCpp } from "./whisper-cpp.ts";

export function listBackends(options: { readonly nullBackend: boolean }): readonly Backend[] {
  return options.nullBackend ? [whisperCpp, nullBackend] : [whisperCpp];
}

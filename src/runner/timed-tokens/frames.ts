/** Determines the frame rate of an encoder for models that return a time per token. */
import type { ModelInfo } from "../engine/asr-structs.ts";
import type { Needs } from "../recognizer.ts";

/** Returns the frames per second. Token times are multiples of a frame. Returns no field if the frame is unknown. */
export function framesOf({ frameS }: Pick<ModelInfo, "frameS">): Pick<Needs, "framesPerS"> {
  return frameS > 0 ? { framesPerS: 1 / frameS } : {};
}

/** Determines the frame rate of the encoder of models that return a time for each token. */
import type { ModelInfo } from "../engine/asr-structs.ts";
import type { Needs } from "../recognizer.ts";

/**
 * Returns the number of frames per second. Token times are multiples of the length of a frame. Returns an empty object
 * if this length is unknown.
 */
export function framesOf({ frameS }: Pick<ModelInfo, "frameS">): Pick<Needs, "framesPerS"> {
  return frameS > 0 ? { framesPerS: 1 / frameS } : {};
}

/** Determines the frame rate of an encoder. Used for models that return a time for each token. */
import type { ModelInfo } from "../engine/asr-structs.ts";
import type { Needs } from "../recognizer.ts";

/**
 * Returns the number of frames per second in the form of `Needs`. Token times are multiples of the length of a frame.
 * If this length is unknown, returns an object without a frame rate.
 */
export function framesOf({ frameS }: Pick<ModelInfo, "frameS">): Pick<Needs, "framesPerS"> {
  return frameS > 0 ? { framesPerS: 1 / frameS } : {};
}

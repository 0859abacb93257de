/** Word times for subtitles. */
import type { TranscribeOptions } from "../ipc/options.ts";
import type { ResolvedModel } from "./job.ts";

/**
 * Requests word times if the model has them, because subtitles are split at word times. With a model without word
 * times, subtitles are split evenly within each segment.
 */
export function withWordTimes(
  options: TranscribeOptions,
  { capabilities }: ResolvedModel,
): TranscribeOptions {
  return { ...options, words: capabilities?.words === true };
}

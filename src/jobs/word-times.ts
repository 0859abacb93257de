/** Requests word times for subtitles. */
import type { TranscribeOptions } from "../ipc/options.ts";
import type { ResolvedModel } from "./job.ts";

/**
 * Returns the options with a request for word times if the model can return word times. Subtitles are split at word
 * times. Without word times, each segment is split into parts of equal length.
 */
export function withWordTimes(
  options: TranscribeOptions,
  { capabilities }: ResolvedModel,
): TranscribeOptions {
  return { ...options, words: capabilities?.words === true };
}

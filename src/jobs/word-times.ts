/** Requests word times for subtitles. */
import type { TranscribeOptions } from "../ipc/options.ts";
import type { ResolvedModel } from "./job.ts";

/**
 * Returns the options with a request for word times if the model supports word times, because subtitles are split at
 * word times. With another model, each segment is split evenly.
 */
export function withWordTimes(
  options: TranscribeOptions,
  { capabilities }: ResolvedModel,
): TranscribeOptions {
  return { ...options, words: capabilities?.words === true };
}

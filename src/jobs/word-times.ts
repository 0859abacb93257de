/** Word times for subtitle cues. */
import type { TranscribeOptions } from "../ipc/options.ts";
import type { ResolvedModel } from "./job.ts";

/** Cues are cut at word times. With a model that has none, they are cut evenly within each segment. */
export function withWordTimes(
  options: TranscribeOptions,
  { capabilities }: ResolvedModel,
): TranscribeOptions {
  return { ...options, words: capabilities?.words === true };
}

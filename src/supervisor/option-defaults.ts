/** The operator's values for options that a request leaves out. A model that does not support a value ignores it. */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { DefaultedOption, Job } from "../jobs/job.ts";

export type OptionDefaults = Readonly<Record<DefaultedOption, string | null>>;

/** The defaults that the model supports, and the names of those that it ignores. */
export function supportedDefaults(
  defaults: OptionDefaults,
  can: Capabilities,
): { readonly supported: OptionDefaults; readonly ignored: readonly DefaultedOption[] } {
  const { language, prompt } = defaults;
  const supported = {
    language: language !== null && can.languages.includes(language) ? language : null,
    prompt: can.prompt ? prompt : null,
  };
  const names: readonly DefaultedOption[] = ["language", "prompt"];
  return { supported, ignored: names.filter((name) => supported[name] !== defaults[name]) };
}

/** The options of a job, completed with the defaults. */
export function completeOptions(
  { options, leftOut = [] }: Pick<Job, "options" | "leftOut">,
  defaults: OptionDefaults,
): TranscribeOptions {
  const added = leftOut.map((name) => [name, defaults[name]] as const);
  return { ...options, ...Object.fromEntries(added) };
}

/**
 * Adds the operator's default if a request does not contain an option. Ignores a default that the model does not
 * support.
 */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { DefaultedOption, Job } from "../jobs/job.ts";

export type OptionDefaults = Readonly<Record<DefaultedOption, string | null>>;

/** Returns the defaults that the model supports, and the names of the defaults that it does not support. */
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

/** Returns the options of a job. If the request does not contain an option, the option has the default. */
export function completeOptions(
  { options, leftOut = [] }: Pick<Job, "options" | "leftOut">,
  defaults: OptionDefaults,
): TranscribeOptions {
  const added = leftOut.map((name) => [name, defaults[name]] as const);
  return { ...options, ...Object.fromEntries(added) };
}

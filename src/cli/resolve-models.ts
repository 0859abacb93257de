/**
 * Finds the models that a command uses, before the work of the command begins. Downloads missing models and shows the
 * progress of the downloads.
 */
import type { ResolvedModel, Transcriber } from "../jobs/job.ts";
import type { Task } from "../transcript/transcript.ts";
import { DownloadProgress, downloadStopped, type ProgressOptions } from "./download-progress.ts";
import type { Interruption } from "./signals.ts";
import { standardError } from "../platform/standard-error.ts";

interface Options {
  readonly transcriber: Transcriber;
  readonly defaultModel: string | null;
  readonly interruption: Interruption;
  /** Task for which the models are used. Undefined when the models are used for transcriptions and for translations. */
  readonly task?: Task;
  readonly progressOptions?: ProgressOptions;
}

/**
 * Returns the models with these names. A null name means the default model. Returns an empty list when a signal stopped
 * a download.
 */
export async function resolveModels(
  names: readonly (string | null)[],
  { transcriber, defaultModel, interruption, task, progressOptions }: Options,
): Promise<readonly ResolvedModel[]> {
  const { signal } = interruption;
  const models: ResolvedModel[] = [];
  for (const name of names) {
    const shown = name ?? defaultModel ?? "the default model";
    using progress = new DownloadProgress(shown, progressOptions);
    try {
      const wait = { signal, onProgress: progress.update, ...(task === undefined ? {} : { task }) };
      models.push(await transcriber.resolve(name, "operator", wait));
      progress.finish();
    } catch (error) {
      if (!signal.aborted) throw error;
      progress[Symbol.dispose]();
      standardError.write(downloadStopped);
      return [];
    }
  }
  return models;
}

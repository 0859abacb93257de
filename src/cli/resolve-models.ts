/** Finds the models of a command before its work begins. Missing models are downloaded, with progress. */
import type { ResolvedModel, Transcriber } from "../jobs/job.ts";
import { DownloadProgress, downloadStopped, type ProgressOptions } from "./download-progress.ts";
import type { Interruption } from "./signals.ts";

interface Options {
  readonly transcriber: Transcriber;
  readonly defaultModel: string | null;
  readonly interruption: Interruption;
  readonly progressOptions?: ProgressOptions;
}

/** Null is the default model. Returns an empty list when a signal stopped a download. */
export async function resolveModels(
  names: readonly (string | null)[],
  { transcriber, defaultModel, interruption, progressOptions }: Options,
): Promise<readonly ResolvedModel[]> {
  const { signal } = interruption;
  const models: ResolvedModel[] = [];
  for (const name of names) {
    const shown = name ?? defaultModel ?? "the default model";
    using progress = new DownloadProgress(shown, progressOptions);
    try {
      const wait = { signal, onProgress: progress.update };
      models.push(await transcriber.resolve(name, "operator", wait));
      progress.finish();
    } catch (error) {
      if (!signal.aborted) throw error;
      progress[Symbol.dispose]();
      process.stderr.write(downloadStopped);
      return [];
    }
  }
  return models;
}

/** Transcribes a sample with a model, and compares the transcript with the spoken words. */
import { AsrError } from "../../errors.ts";
import { plainOptions, type TranscribeOptions } from "../../ipc/options.ts";
import { chooseVad } from "../../ipc/vad.ts";
import { collect } from "../../jobs/collect.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import { loadSamples, type Sample } from "../../platform/samples.ts";
import { wavOf } from "../../platform/wav.ts";
import { type Config, vadPreset } from "../../settings/config.ts";
import type { Spool, SpoolFile } from "../../spool/spool.ts";
import { oneLine } from "../../transcript/subtitles.ts";
import { countWordErrors } from "../../transcript/word-errors.ts";
import { isRight, type Outcome } from "./outcome.ts";

export interface SampleFile extends Sample {
  readonly path: string;
}

/** Writes the samples to private files, because a runner cannot open a file inside the executable. */
export class SampleFiles implements AsyncDisposable {
  readonly samples: readonly SampleFile[];
  readonly #files: AsyncDisposableStack;

  static async write(spool: Spool, signal: AbortSignal): Promise<SampleFiles> {
    await using files = new AsyncDisposableStack();
    const samples: SampleFile[] = [];
    for (const sample of await loadSamples()) {
      const file: SpoolFile = files.use(spool.file());
      await file.write(new Blob([wavOf([sample])]).stream(), signal);
      samples.push({ ...sample, path: file.path });
    }
    return new SampleFiles(samples, files.move());
  }

  private constructor(samples: readonly SampleFile[], files: AsyncDisposableStack) {
    this.samples = samples;
    this.#files = files;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#files.disposeAsync();
  }
}

interface SampleTarget {
  readonly backend: string;
  readonly model: string;
  readonly sample: SampleFile;
}

interface Services {
  readonly config: Config;
  readonly transcriber: Transcriber;
  readonly signal: AbortSignal;
}

/** Transcribes a sample and returns the outcome. If the model fails, returns the outcome "failed". */
export async function transcribeSample(
  { backend, model, sample }: SampleTarget,
  { config, transcriber, signal }: Services,
): Promise<Outcome> {
  const startMs = performance.now();
  try {
    const resolved = await transcriber.resolve(model, "operator", { signal });
    const events = transcriber.transcribe({
      model: resolved,
      origin: "operator",
      keepAliveS: null,
      audioPath: sample.path,
      options: optionsFor(resolved, config),
      signal,
    });
    const found = oneLine((await collect(events)).text);
    const errors = countWordErrors(sample.text, found);
    return {
      backend,
      model: resolved.id,
      sample: sample.name,
      status: isRight(errors) ? "ok" : "differs",
      ...errors,
      expected: sample.text,
      found,
      seconds: (performance.now() - startMs) / 1000,
    };
  } catch (error) {
    if (!(error instanceof AsrError) || signal.aborted) throw error;
    const reason = error.operatorMessage;
    return { backend, model, sample: sample.name, status: "failed", reason };
  }
}

// --- internal ---

/**
 * Returns the options of the job. The language is "en" if the model transcribes English, otherwise null. All other
 * options have their defaults.
 */
function optionsFor({ capabilities }: ResolvedModel, config: Config): TranscribeOptions {
  return {
    ...plainOptions,
    language: capabilities?.languages.includes("en") === true ? "en" : null,
    vad: chooseVad(vadPreset(config), null),
  };
}

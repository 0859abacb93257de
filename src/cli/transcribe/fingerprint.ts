/**
 * Computes the fingerprint of a transcript. The fingerprint is a text. It changes when the recording, the model, or an
 * option that affects the transcript changes. It stays the same in a new version of the program. Therefore, after an
 * upgrade, the program still recognizes finished transcripts.
 */
import { createHash } from "node:crypto";
import type { ResolvedModel } from "../../jobs/job.ts";
import { cachePlace } from "../../models/hub/cache-place.ts";
import type { Config } from "../../settings/config.ts";
import { type FileFormat, hasCues } from "../../transcript/format.ts";
import { nameOf } from "../file-names.ts";
import { fileStats } from "./file-stats.ts";
import type { Task } from "./task.ts";
import { isStandardInput } from "./standard-input.ts";

/** Computes the fingerprints of the transcripts of one command. */
export class Fingerprints {
  readonly #task: Task;
  readonly #common: unknown;

  constructor(task: Task, model: ResolvedModel, config: Config) {
    this.#task = task;
    this.#common = [task.options, modelFacts(model, config.hubCacheFolder), engineFacts(config)];
  }

  /**
   * Returns the fingerprint of each transcript of a recording, by format. Null for an input that is not a file. The
   * fingerprint is computed from the name, the size and the modification time of the file. The content of the file is
   * not read.
   */
  of(input: string): ReadonlyMap<FileFormat, string> | null {
    const stats = isStandardInput(input) ? null : fileStats(input);
    if (stats?.isFile() !== true) return null;
    const recording = [nameOf(input), stats.size, stats.mtimeMs];
    return new Map(
      this.#task.formats.map((format) => [
        format,
        hashOf([recording, this.#common, formatFacts(format, this.#task)]),
      ]),
    );
  }
}

// --- internal ---

/**
 * Returns the options that affect a transcript in this format. Omits options that affect only other formats, so that a
 * change of such an option does not change the fingerprint.
 */
function formatFacts(format: FileFormat, { cueLimits, granularities, timestamps }: Task): unknown {
  return [
    format,
    hasCues(format) ? cueLimits : null,
    format === "verbose_json" ? [...granularities] : null,
    format === "text" ? timestamps : null,
  ];
}

/**
 * Returns the facts that identify the content of the model. For a model in the cache of the hub, the last fact is the
 * commit. For another file on this machine, the last fact is the modification time.
 */
function modelFacts({ id, backend, source, bytes, mtimeMs }: ResolvedModel, hub: string | null) {
  const isEmbedded = "embedded" in source;
  const place = isEmbedded || hub === null ? null : cachePlace(hub, source.path);
  return [backend, id, bytes, isEmbedded ? source.embedded : (place?.commit ?? mtimeMs)];
}

function engineFacts(config: Config): unknown {
  const { device, computeType, beamSize, temperatureFallback, encoderWindow } = config;
  return [device, computeType, beamSize, temperatureFallback, encoderWindow];
}

function hashOf(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, hashLength);
}

const hashLength = 32;

/** Collects facts about models. The operator and clients use these facts to choose a model. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedModel } from "../jobs/job.ts";
import type { ModelMetadata } from "../jobs/model-facts.ts";
import { targetNames } from "../platform/target-names.ts";
import type { Backend } from "./backends/backend.ts";
import { type DeviceMachine, devicesOf } from "./backends/device.ts";
import { oneLaneBytes } from "./backends/one-lane-bytes.ts";
import { matchesGlob } from "./model-ref.ts";
import { embeddedFile, starterBackend } from "../platform/embedded.ts";
import { readFacts } from "./file-facts.ts";
import { weightsPath } from "./weights-path.ts";
import type { WeightFacts } from "./formats/weight-facts.ts";

export class Metadata {
  /** Returns the reason why a backend cannot run on this machine. Null when the backend can run. */
  readonly #unavailable: (backend: Backend) => string | null;
  readonly #machine: () => DeviceMachine;
  readonly #weightFacts = new Map<string, WeightFacts | null>();

  constructor(unavailable: (backend: Backend) => string | null, machine: () => DeviceMachine) {
    this.#unavailable = unavailable;
    this.#machine = machine;
  }

  /**
   * Returns facts about the models, followed by facts about the name patterns of the backends. Includes only patterns
   * that match a glob in `allowed`. If `allowed` is empty, includes all patterns.
   */
  async of(
    models: readonly ResolvedModel[],
    backends: readonly Backend[],
    allowed: readonly string[],
  ): Promise<readonly ModelMetadata[]> {
    const isAllowed = (pattern: string): boolean =>
      allowed.length === 0 || allowed.some((glob) => matchesGlob(glob, pattern));
    const facts = backends.map(async (backend) => ({
      models: await Promise.all(
        models
          .filter((one) => one.backend === backend.id)
          .map((one) => this.#ofModel(backend, one, backends)),
      ),
      patterns: await Promise.all(
        backend.patterns.filter(isAllowed).map((pattern) => this.#ofPattern(backend, pattern)),
      ),
    }));
    const all = await Promise.all(facts);
    return [...all.flatMap((one) => one.models), ...all.flatMap((one) => one.patterns)];
  }

  async #ofModel(
    backend: Backend,
    model: ResolvedModel,
    backends: readonly Backend[],
  ): Promise<ModelMetadata> {
    const { bytes, capabilities, id, source } = model;
    const path = "path" in source ? source.path : embeddedFile(source.embedded);
    // The embedded model is stored in the format of the starter backend, so this backend reads the facts about the
    // weights. Another backend converts the weights before it runs the model. The facts stay true, because the
    // conversion does not change the number of parameters or the precision.
    const reader = backends.find((one) => "embedded" in source && one.id === starterBackend);
    const weights = path === null ? null : await this.#weightsOf(reader ?? backend, model, path);
    return {
      ...this.#ofBackend(backend),
      id,
      isPattern: false,
      parameters: weights?.parameters ?? null,
      precision: weights?.precision ?? null,
      diskBytes: bytes === 0 ? null : ((path === null ? null : await folderBytes(path)) ?? bytes),
      weightsBytes: bytes === 0 ? null : bytes,
      memoryBytesMin: oneLaneBytes(backend.memory, bytes),
      capabilities,
      notes: "embedded" in source ? "Part of the executable" : null,
    };
  }

  async #ofPattern(backend: Backend, pattern: string): Promise<ModelMetadata> {
    return {
      ...this.#ofBackend(backend),
      id: pattern,
      isPattern: true,
      parameters: null,
      precision: null,
      diskBytes: null,
      weightsBytes: null,
      memoryBytesMin: null,
      capabilities: null,
      notes: backend.storage === "none" ? null : `Each model is ${backend.expectedPath}`,
    };
  }

  #ofBackend(backend: Backend) {
    return {
      backend: backend.id,
      family: backend.family ?? null,
      devices: devicesOf(backend, this.#machine()),
      platforms: targetNames,
      unavailable: this.#unavailable(backend),
    };
  }

  async #weightsOf(
    backend: Backend,
    { bytes, mtimeMs, source }: ResolvedModel,
    path: string,
  ): Promise<WeightFacts | null> {
    // For an embedded model, `path` is already the path of the file with the weights.
    const file = "embedded" in source ? path : await weightsPath(backend, path);
    const key = `${file} ${bytes} ${mtimeMs}`;
    const known = this.#weightFacts.get(key);
    if (known !== undefined) return known;
    const facts = (await backend.weightFacts?.(file)) ?? null;
    if (this.#weightFacts.size >= cachedMax) this.#weightFacts.clear();
    this.#weightFacts.set(key, facts);
    return facts;
  }
}

// --- internal ---

const cachedMax = 1000;
/**
 * Maximum number of files that are counted in the size of a folder. The folder of a model contains about five files.
 */
const filesMax = 200;

/** Returns the total size in bytes of the files directly in a folder. Null when the path is not a folder. */
async function folderBytes(path: string): Promise<number | null> {
  if ((await readFacts(path))?.kind !== "folder") return null;
  const names = (await readdir(path)).slice(0, filesMax);
  const files = await Promise.all(names.map((name) => readFacts(join(path, name))));
  return files.reduce((sum, facts) => sum + (facts?.kind === "file" ? facts.bytes : 0), 0);
}

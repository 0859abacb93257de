/** The loaded runners: a model is loaded at its first job, and again when its runner died. */
import { statSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { Admission } from "./admission.ts";
import { listBackends } from "./backends/index.ts";
import { Catalog, type ModelFiles } from "./catalog.ts";
import type { Config } from "./config.ts";
import { embeddedFile } from "./embedded.ts";
import type { BackendEntry, Job, ModelEntry, Transcriber } from "./job.ts";
import type { Log } from "./log.ts";
import { physicalCores } from "./physical-cores.ts";
import { protocolVersion } from "./runner/protocol.ts";
import { Runner } from "./runner/runner.ts";
import type { Transcript } from "./transcript.ts";

/** A lane's activations and caches, as a part of its model's bytes; measured on base with 5 beams, rounded up. */
const laneBytesPerModelByte = 1;

interface LoadedModel {
  readonly runner: Runner;
  readonly admission: Admission;
}

export function createRegistry(config: Config, log: Log): Transcriber {
  return new Registry(config, log);
}

// --- internal ---

class Registry implements Transcriber {
  readonly #config: Config;
  readonly #log: Log;
  readonly #catalog: Catalog;
  readonly #loaded = new Map<string, LoadedModel>();

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#catalog = new Catalog({
      backends: listBackends(config),
      defaultModel: config.defaultModel,
      operatorModels: config.preload,
      allowedModels: config.allowedModels,
      defaultBackend: config.defaultBackend,
      modelDir: config.modelDir,
    });
  }

  check(model: string | null, origin: Job["origin"]): void {
    this.#catalog.resolve(model, origin);
  }

  async transcribe(job: Job): Promise<Transcript> {
    const files = this.#catalog.resolve(job.model, job.origin);
    const { runner, admission } = this.#load(files);
    return admission.admit(() => runner.transcribe(job));
  }

  async preload(model: string | null): Promise<void> {
    await this.#load(this.#catalog.resolve(model, "operator")).runner.ready;
  }

  models(): readonly ModelEntry[] {
    return this.#catalog.available().map(({ id, backend, source }) => ({
      id,
      backend: backend.id,
      created: Math.floor(factsOf(source).mtimeMs / 1000),
    }));
  }

  backends(): readonly BackendEntry[] {
    const available = this.#catalog.available();
    return listBackends(this.#config).map(
      ({ id, displayName, devices, capabilities, patterns }) => ({
        id,
        displayName,
        devices: devices.filter((device) => device === "cpu" || process.platform === "darwin"),
        unavailable: null,
        capabilities: Object.entries(capabilities).flatMap(([name, can]) => (can ? [name] : [])),
        models: [
          ...available.filter(({ backend }) => backend.id === id).map((model) => model.id),
          ...patterns,
        ],
      }),
    );
  }

  async close(): Promise<void> {
    const runners = [...this.#loaded.values()].map(({ runner }) => runner);
    this.#loaded.clear();
    await Promise.all(runners.map((runner) => runner.close()));
  }

  #load(files: ModelFiles): LoadedModel {
    const key = `${files.backend.id}:${placeOf(files.source)}`;
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined && !loaded.runner.ended) return loaded;
    const lanes = this.#lanesFor(files);
    const { threadsPerLane, encoderWindow, beamSize, audioSMax } = this.#config;
    const runner = new Runner(
      files.id,
      {
        type: "load",
        protocolVersion,
        engine: files.backend.library,
        model: files.source,
        tokenizerPath: tokenizerPath(files),
        cacheFolders: [...this.#config.cacheFolders],
        gpu: usesGpu(files),
        lanes,
        threadsPerLane,
        encoderWindow,
        beamSize,
        audioSecondsMax: audioSMax,
      },
      this.#log,
    );
    const fresh = { runner, admission: new Admission(lanes, this.#config.queueJobsMax) };
    this.#loaded.set(key, fresh);
    return fresh;
  }

  /** As configured; else one a core as far as memory allows, and one on a GPU. */
  #lanesFor(files: ModelFiles): number {
    if (this.#config.lanes > 0) return this.#config.lanes;
    if (usesGpu(files)) return 1;
    const { bytes } = factsOf(files.source);
    const spareBytes = freemem() / 2 - bytes;
    const fit = bytes === 0 ? Infinity : Math.floor(spareBytes / (bytes * laneBytesPerModelByte));
    return Math.max(1, Math.min(physicalCores(), fit));
  }
}

function usesGpu({ backend }: ModelFiles): boolean {
  return (
    process.platform === "darwin" && process.arch === "arm64" && backend.devices.includes("metal")
  );
}

function tokenizerPath({ backend, source }: ModelFiles): string | null {
  if (backend.tokenizerFile === undefined || !("path" in source)) return null;
  return join(source.path, backend.tokenizerFile);
}

function placeOf(source: ModelFiles["source"]): string {
  return "path" in source ? source.path : (embeddedFile(source.embedded) ?? source.embedded);
}

interface ModelFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** A file inside the executable, and a model without files, is as old as the executable. */
function factsOf(source: ModelFiles["source"]): ModelFacts {
  const stats = statSync(placeOf(source), { throwIfNoEntry: false });
  if (stats !== undefined && "path" in source) return { bytes: stats.size, mtimeMs: stats.mtimeMs };
  return { bytes: stats?.size ?? 0, mtimeMs: statSync(process.execPath).mtimeMs };
}

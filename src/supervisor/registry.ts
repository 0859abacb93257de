/** The loaded models: each is loaded at its first job. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { listBackends } from "../models/backends/index.ts";
import { Catalog, type ModelFiles } from "../models/catalog.ts";
import type { Config } from "../settings/config.ts";
import { limitSettings as settings } from "../settings/limits.ts";
import { embeddedFile } from "../platform/embedded.ts";
import type { BackendEntry, Job, ModelEntry, RunnerEntry, Transcriber } from "../jobs/job.ts";
import { fileVersion } from "./file-version.ts";
import { lanesThatFit } from "./lane-memory.ts";
import { serverStopping } from "../jobs/lifecycle.ts";
import { LoadedModel } from "./loaded-model.ts";
import type { Log } from "../log.ts";
import { requireMemory, spareBytes, usableBytes } from "./model-memory.ts";
import { physicalCores } from "../platform/physical-cores.ts";
import { protocolVersion } from "../ipc/protocol.ts";
import { Runner } from "./runner.ts";
import type { Transcript } from "../transcript/transcript.ts";

/** Errors of the audio library name the settings that an operator can change. */
const limitSettings = {
  channelsMax: settings.audioChannelsMax.variable,
  rateMin: settings.audioRateMin.variable,
  rateMax: settings.audioRateMax.variable,
  durationSMax: settings.audioSMax.variable,
  samplesMax: settings.audioSamplesMax.variable,
  wallMsMax: settings.decodeTimeoutS.variable,
  memoryBytesMax: settings.decodeBytesMax.variable,
};

/** The system frees a hundred gigabytes in that time. */
const endMsMax = 10_000;

/** Known from the start: an upgrade may take the file away while the server runs. */
const executableMtimeMs = statSync(process.execPath).mtimeMs;

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
      hubCacheFolder: config.hubCacheFolder,
    });
  }

  check(model: string | null, origin: Job["origin"]): void {
    const files = this.#catalog.resolve(model, origin);
    const loaded = this.#loaded.get(keyOf(files));
    loaded?.refuseWhileBackingOff();
    if (loaded === undefined || loaded.memoryBytes === 0) this.#requireMemory(files);
  }

  async transcribe(job: Job): Promise<Transcript> {
    const files = this.#catalog.resolve(job.model, job.origin);
    job.onModel?.({ id: files.id, backend: files.backend.id });
    return this.#loadedModel(files).transcribe(job);
  }

  async preload(model: string | null): Promise<void> {
    await this.#loadedModel(this.#catalog.resolve(model, "operator")).load();
  }

  runners(): readonly RunnerEntry[] {
    return [...this.#loaded.values()].map((model) => model.entry());
  }

  models(): readonly ModelEntry[] {
    return this.#catalog.available("client").map((files) => ({
      id: files.id,
      backend: files.backend.id,
      created: Math.floor(factsOf(files).mtimeMs / 1000),
    }));
  }

  backends(): readonly BackendEntry[] {
    const available = this.#catalog.available("operator");
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
    const reason = serverStopping("finish");
    await Promise.all([...this.#loaded.values()].map((model) => model.close(reason)));
  }

  #loadedModel(files: ModelFiles): LoadedModel {
    const key = keyOf(files);
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const lanes = this.#lanesFor(files);
    const loaded = new LoadedModel({
      name: files.id,
      backend: files.backend.id,
      fileBytes: factsOf(files).bytes,
      fileVersion: () => fileVersion(placeOf(files.source)),
      endMsMax,
      start: () => {
        this.#requireMemory(files);
        return this.#startRunner(files, lanes);
      },
      log: this.#log,
    });
    this.#loaded.set(key, loaded);
    return loaded;
  }

  #requireMemory(files: ModelFiles): void {
    const loaded = [...this.#loaded.values()];
    requireMemory({
      name: files.id,
      fileBytes: factsOf(files).bytes,
      loadedBytes: loaded.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      bytesMax: this.#config.modelsMemoryBytesMax || usableBytes(),
    });
  }

  #startRunner(files: ModelFiles, lanes: number): Runner {
    const config = this.#config;
    return new Runner({
      name: files.id,
      environment: files.backend.environment ?? {},
      load: {
        type: "load",
        protocolVersion,
        engine: files.backend.library,
        model: files.source,
        cacheFolders: [...config.cacheFolders],
        gpu: usesGpu(files),
        lanes,
        threadsPerLane: config.threadsPerLane,
        computeType: files.backend.takesComputeType === true ? config.computeType : null,
        encoderWindow: config.encoderWindow,
        temperatureFallback: config.temperatureFallback,
        beamSize: config.beamSize,
        audioLimits: {
          channelsMax: config.audioChannelsMax,
          rateMin: config.audioRateMin,
          rateMax: config.audioRateMax,
          durationSMax: config.audioSMax,
          samplesMax: config.audioSamplesMax,
          wallMsMax: config.decodeTimeoutS * 1000,
          memoryBytesMax: config.decodeBytesMax,
        },
        limitSettings,
      },
      limits: {
        memoryBytesMax: this.#runnerBytesMax,
        loadMsMax: config.loadTimeoutS * 1000,
        cancelMsMax: config.cancelTimeoutS * 1000,
        pingMsMax: config.runnerPingS * 1000,
      },
      log: this.#log,
    });
  }

  /** As configured; else one a core as far as memory allows, and one on a GPU. */
  #lanesFor(files: ModelFiles): number {
    if (this.#config.lanes > 0) return this.#config.lanes;
    if (usesGpu(files)) return 1;
    const bytesMax = Math.min(spareBytes(), this.#runnerBytesMax);
    return Math.min(physicalCores(), lanesThatFit(factsOf(files).bytes, bytesMax));
  }

  get #runnerBytesMax(): number {
    return this.#config.runnerMemoryBytesMax || usableBytes();
  }
}

function keyOf({ backend, source }: ModelFiles): string {
  return `${backend.id}:${placeOf(source)}`;
}

function usesGpu({ backend }: ModelFiles): boolean {
  return (
    process.platform === "darwin" && process.arch === "arm64" && backend.devices.includes("metal")
  );
}

function placeOf(source: ModelFiles["source"]): string {
  return "path" in source ? source.path : (embeddedFile(source.embedded) ?? source.embedded);
}

interface ModelFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** A file inside the executable, and a model without files, is as old as the executable. */
function factsOf({ backend, source }: ModelFiles): ModelFacts {
  const weights = join(placeOf(source), backend.weightsFile ?? "");
  const stats = statSync(weights, { throwIfNoEntry: false });
  if (stats !== undefined && "path" in source) return { bytes: stats.size, mtimeMs: stats.mtimeMs };
  return { bytes: stats?.size ?? 0, mtimeMs: executableMtimeMs };
}

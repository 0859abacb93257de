/** The models of the server. A model is loaded when its first job starts. */
import { statSync } from "node:fs";
import { AsrError } from "../errors.ts";
import { type Machine, unavailableReason } from "../models/backends/availability.ts";
import type { Backend } from "../models/backends/backend.ts";
import { devicesOf, usesGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import { chooseStarterBackend } from "../models/backends/starter.ts";
import { Catalog } from "../models/catalog.ts";
import { Downloads } from "../models/hub/downloads.ts";
import { hubOf } from "../settings/hub.ts";
import { type Config, runnerEnvironment } from "../settings/config.ts";
import { limitSettings as settings } from "../settings/limits.ts";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { linkerPaths } from "../platform/system-libraries.ts";
import type {
  BackendEntry,
  Job,
  LoadedEntry,
  ModelEntry,
  ModelWait,
  ResolvedModel,
  RunnerEntry,
  Transcriber,
} from "../jobs/job.ts";
import type { JobEvent } from "../jobs/events.ts";
import { fileVersion } from "./file-version.ts";
import { lanesThatFit } from "./lane-memory.ts";
import { serverStopping } from "../jobs/lifecycle.ts";
import { LoadedModel } from "./loaded-model.ts";
import { LoadedModels } from "./loaded-models.ts";
import type { Log } from "../log.ts";
import { spareBytes, usableBytes } from "./model-memory.ts";
import { physicalCores } from "../platform/physical-cores.ts";
import { protocolVersion } from "../ipc/protocol.ts";
import { Runner } from "./runner.ts";

/**
 * Names of the settings for the audio limits. The error messages of the audio library contain them, so that the
 * operator knows which setting to change.
 */
const limitSettings = {
  channelsMax: settings.audioChannelsMax.variable,
  rateMin: settings.audioRateMin.variable,
  rateMax: settings.audioRateMax.variable,
  durationSMax: settings.audioSMax.variable,
  samplesMax: settings.audioSamplesMax.variable,
  wallMsMax: settings.decodeTimeoutS.variable,
  memoryBytesMax: settings.decodeBytesMax.variable,
};

/**
 * Maximum time in milliseconds to wait for the exit of the previous process. The system frees 100 GB of memory in less
 * time.
 */
const endMsMax = 10_000;

/**
 * Modification time of the executable, in milliseconds since 1970. It is read at startup, because an upgrade may remove
 * the file while the server runs.
 */
const executableMtimeMs = statSync(process.execPath).mtimeMs;

/** Creates the registry. `onLoopback` is true when only programs on this machine can send requests. */
export function createRegistry(config: Config, log: Log, onLoopback = false): Transcriber {
  return new Registry(config, log, onLoopback);
}

// --- internal ---

class Registry implements Transcriber {
  readonly #config: Config;
  readonly #log: Log;
  readonly #backends: readonly Backend[];
  readonly #catalog: Catalog;
  readonly #downloads: Downloads | null;
  readonly #loaded: LoadedModels;
  /** Number of lanes of each model, by model id. */
  readonly #lanes = new Map<string, number>();
  /** The backend of the starter model. It never changes, so that the model keeps its runner. */
  #starter: Promise<string> | null = null;

  constructor(config: Config, log: Log, onLoopback: boolean) {
    this.#config = config;
    this.#log = log;
    const hub = hubOf(config);
    this.#downloads = hub === null || hub.isOffline ? null : new Downloads(hub);
    this.#backends = listBackends(config);
    this.#catalog = new Catalog({
      backends: this.#backends,
      defaultModel: config.defaultModel,
      operatorModels: config.preload,
      allowedModels: config.allowedModels,
      defaultBackend: config.defaultBackend,
      starterBackend: () => (this.#starter ??= this.#chooseStarter()),
      modelDir: config.modelDir,
      hubCacheFolder: config.hubCacheFolder,
      pull: {
        policy: config.pull,
        downloads: this.#downloads,
        waitMsMax: config.pullWaitS * 1000,
        onLoopback,
      },
    });
    this.#loaded = new LoadedModels({
      bytesMax: () => config.modelsMemoryBytesMax || usableBytes(),
      idleS: config.idleS,
      evictIntervalS: config.evictIntervalS,
      evictPreloaded: config.evictPreloaded,
      log,
    });
  }

  async resolve(
    name: string | null,
    origin: Job["origin"],
    wait?: ModelWait,
  ): Promise<ResolvedModel> {
    const model = await this.#catalog.resolve(name, origin, wait);
    this.#requireDevice(model);
    const loaded = this.#loaded.find(keyOf(model));
    loaded?.refuseWhileBackingOff();
    if (loaded === undefined || loaded.memoryBytes === 0) this.#loaded.requireMemory(model);
    this.#lanesOf(model);
    return model;
  }

  lanes(): ReadonlyMap<string, number> {
    return this.#lanes;
  }

  transcribe(job: Job): AsyncIterable<JobEvent> {
    return this.#loadedModel(job.model).transcribe(job);
  }

  async load(name: string | null): Promise<LoadedEntry> {
    const resolved = await this.resolve(name, "client");
    await this.#loadedModel(resolved).load();
    return this.#loaded.entryOf(keyOf(resolved), resolved.id);
  }

  async preload(name: string | null): Promise<void> {
    const resolved = await this.#catalog.resolve(name, "operator");
    const model = this.#loadedModel(resolved);
    this.#loaded.pin(keyOf(resolved));
    await model.load();
  }

  loaded(): readonly LoadedEntry[] {
    return this.#loaded.entries();
  }

  async unload(name: string, { force }: { readonly force: boolean }): Promise<LoadedEntry> {
    const model = await this.#catalog.resolve(name, "client");
    return this.#loaded.unload(keyOf(model), { id: model.id, force });
  }

  runners(): readonly RunnerEntry[] {
    return this.#loaded.all().map((model) => model.entry());
  }

  async models(): Promise<readonly ModelEntry[]> {
    const available = await this.#catalog.available("client");
    const aliases = await this.#catalog.aliases();
    return [
      ...available.map(entryOf),
      ...aliases.map(({ id, model }) => ({ ...entryOf(model), id })),
    ];
  }

  async model(name: string): Promise<ModelEntry> {
    const listed = (await this.models()).find(({ id }) => id === name);
    if (listed !== undefined) return listed;
    try {
      return entryOf(await this.#catalog.resolve(name, "client"));
    } catch (error) {
      // The client receives the same error code for a model that it may not use as for a model that does not exist.
      if (!(error instanceof AsrError)) throw error;
      throw new AsrError("model_not_found", error.message, { param: error.param, cause: error });
    }
  }

  async backends(): Promise<readonly BackendEntry[]> {
    const available = await this.#catalog.available("operator");
    const machine = thisMachine();
    return Promise.all(
      this.#backends.map(async (backend) => {
        const { id, displayName, patterns } = backend;
        const models = available.filter((model) => model.backend === id);
        return {
          id,
          displayName,
          devices: devicesOf(backend),
          unavailable: await unavailableReason(backend, machine),
          capabilities: capabilityNames(models),
          models: [...models.map((model) => model.id), ...patterns],
        };
      }),
    );
  }

  async close(): Promise<void> {
    const reason = serverStopping("finish");
    await Promise.all([this.#loaded.close(reason), this.#downloads?.close(reason)]);
  }

  async #chooseStarter(): Promise<string> {
    const { backend, reason } = await chooseStarterBackend(this.#backends, thisMachine());
    if (reason !== null) {
      this.#log.info(
        `the model inside the executable runs on ${backend}, not faster-whisper: ${reason}`,
      );
    }
    return backend;
  }

  #loadedModel(model: ResolvedModel): LoadedModel {
    const key = keyOf(model);
    const known = this.#loaded.find(key);
    if (known !== undefined) return known;
    const lanes = this.#lanesOf(model);
    const loaded = new LoadedModel({
      name: model.id,
      backend: model.backend,
      fileBytes: model.bytes,
      fileVersion: () => ("path" in model.source ? fileVersion(model.source.path) : ""),
      endMsMax,
      room: () => this.#loaded.makeRoom(model),
      start: () => this.#startRunner(model, lanes),
      log: this.#log,
    });
    this.#loaded.add(key, model, loaded);
    return loaded;
  }

  /**
   * Checks the device for a model. When the setting requires a GPU, throws AsrError `model_not_allowed` for a model
   * whose backend cannot use one.
   */
  #requireDevice(model: ResolvedModel): void {
    const backend = this.#backendOf(model);
    if (this.#config.device !== "gpu" || usesGpu(backend, "gpu")) return;
    throw new AsrError(
      "model_not_allowed",
      `Cannot run model "${model.id}" on a GPU (OPEN_ASR_DEVICE is gpu): its backend ${backend.id} supports ` +
        `only ${devicesOf(backend).join(", ")} on this machine; use a model of another backend, or OPEN_ASR_DEVICE=auto`,
      { param: "model" },
    );
  }

  #startRunner(model: ResolvedModel, lanes: number): Runner {
    const config = this.#config;
    const backend = this.#backendOf(model);
    return new Runner({
      name: model.id,
      environment: backend.environment ?? {},
      load: {
        type: "load",
        protocolVersion,
        engine: backend.library,
        model: model.source,
        cacheFolders: [...config.cacheFolders],
        gpu: usesGpu(backend, config.device),
        lanes,
        threadsPerLane: config.threadsPerLane,
        computeType: backend.supportsComputeType === true ? config.computeType : null,
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
      defaults: { language: config.defaultLanguage, prompt: config.defaultPrompt },
      log: this.#log,
    });
  }

  /**
   * Returns the number of lanes of a model. It never changes, because the queue and the runner must use the same
   * number.
   */
  #lanesOf(model: ResolvedModel): number {
    const lanes = this.#lanes.get(model.id) ?? this.#chooseLanes(model);
    this.#lanes.set(model.id, lanes);
    return lanes;
  }

  /**
   * Chooses the number of lanes. Without a setting, it is one lane on a GPU. On the CPU, it is one lane per core, or
   * fewer if there is not enough memory.
   */
  #chooseLanes(model: ResolvedModel): number {
    if (this.#config.lanes > 0) return this.#config.lanes;
    const backend = this.#backendOf(model);
    if (usesGpu(backend, this.#config.device)) return 1;
    const bytesMax = Math.min(spareBytes(), this.#runnerBytesMax);
    return Math.min(physicalCores(), lanesThatFit(backend.memory, model.bytes, bytesMax));
  }

  #backendOf({ backend }: ResolvedModel): Backend {
    const found = this.#backends.find(({ id }) => id === backend);
    if (found === undefined) throw new Error(`expected a backend, found "${backend}"`);
    return found;
  }

  get #runnerBytesMax(): number {
    return this.#config.runnerMemoryBytesMax || usableBytes();
  }
}

function thisMachine(): Machine {
  const searchPath = runnerEnvironment({})["LD_LIBRARY_PATH"] ?? "";
  return {
    platform: process.platform,
    cpuFeatures: cpuFeatures(),
    linker: linkerPaths(searchPath),
  };
}

function entryOf({ id, backend, mtimeMs }: ResolvedModel): ModelEntry {
  return { id, backend, created: Math.floor((mtimeMs ?? executableMtimeMs) / 1000) };
}

function keyOf({ backend, source }: ResolvedModel): string {
  return `${backend}:${"path" in source ? source.path : source.embedded}`;
}

/** Returns the names of the capabilities of these models, without duplicates. */
function capabilityNames(models: readonly ResolvedModel[]): string[] {
  const entries = models.flatMap((model) => Object.entries(model.capabilities ?? {}));
  const names = entries.filter(([, can]) => can === true).map(([name]) => wireNames[name] ?? name);
  const isMultilingual = models.some(
    ({ capabilities }) => (capabilities?.languages.length ?? 0) > 1,
  );
  return [...new Set([...names, ...(isMultilingual ? ["languages"] : [])])];
}

const wireNames: Readonly<Record<string, string>> = { detectLanguage: "detect_language" };

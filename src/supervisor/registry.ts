/** Manages the models of the server. A model is loaded when its first job starts. */
import { statSync } from "node:fs";
import { AsrError } from "../errors.ts";
import type { Backend } from "../models/backends/backend.ts";
import { devicesOf, gpuProblem } from "../models/backends/device.ts";
import { missingEntries } from "../models/backends/missing-engines.ts";
import { loadedWeightsBytes } from "../models/backends/one-lane-bytes.ts";
import { listBackends } from "../models/backends/index.ts";
import { Catalog } from "../models/catalog.ts";
import { Downloads } from "../models/hub/downloads.ts";
import { Metadata } from "../models/metadata.ts";
import { ModelFiles } from "../models/model-files.ts";
import { catalogOptions } from "../settings/catalog.ts";
import { hubOf } from "../settings/hub.ts";
import type { Config } from "../settings/config.ts";
import { deviceMachine, unavailableHere } from "../settings/machine.ts";
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
import type { ModelCounts, ModelMetadata, PulledModel } from "../jobs/model-facts.ts";
import type { CalibrationFile } from "./calibration-file.ts";
import { capabilityNames } from "./capability-names.ts";
import { fileVersion } from "./file-version.ts";
import { serverStopping } from "../jobs/lifecycle.ts";
import { loadMessage } from "./load-message.ts";
import { streamOf } from "./each-channel.ts";
import { LoadedModel } from "./loaded-model.ts";
import { LoadedModels } from "./loaded-models.ts";
import { ModelLanes } from "./model-lanes.ts";
import type { Log } from "../log.ts";
import { spareBytes, usableBytes } from "./model-memory.ts";
import { neverAborted, unlessAborted } from "../platform/abort.ts";
import { Runner } from "./runner.ts";

/**
 * The next process of a model waits until the previous process has exited. This is the maximum waiting time in
 * milliseconds. To free 100 GB of memory, the system needs less time.
 */
const endMsMax = 10_000;

/**
 * Modification time of the executable, in milliseconds since 1970. It is read at startup, because an upgrade of the
 * program may later remove the file.
 */
const executableMtimeMs = statSync(process.execPath).mtimeMs;

export interface RegistryOptions {
  /** Whether only programs on this machine can send requests. By default, this is not so. */
  readonly onLoopback?: boolean;
  /** The stored calibrations. By default, no model is calibrated. */
  readonly calibrations?: CalibrationFile | null;
}

export function createRegistry(
  config: Config,
  log: Log,
  options: RegistryOptions = {},
): Transcriber {
  return new Registry(config, log, options);
}

// --- internal ---

class Registry implements Transcriber {
  readonly #config: Config;
  readonly #log: Log;
  readonly #backends: readonly Backend[];
  readonly #catalog: Catalog;
  readonly #downloads: Downloads | null;
  readonly #files: ModelFiles;
  readonly #metadata = new Metadata(unavailableHere, deviceMachine);
  readonly #loaded: LoadedModels;
  /** Keys of the models whose files are being deleted. */
  readonly #removing = new Set<string>();
  readonly #lanes: ModelLanes;

  constructor(
    config: Config,
    log: Log,
    { onLoopback = false, calibrations = null }: RegistryOptions,
  ) {
    this.#config = config;
    this.#log = log;
    const hub = hubOf(config);
    this.#downloads = hub === null || hub.isOffline ? null : new Downloads(hub);
    this.#backends = listBackends(config);
    const warn = (message: string): void => log.warn(message);
    const info = (message: string): void => log.info(message);
    this.#catalog = new Catalog(
      catalogOptions(config, { downloads: this.#downloads, onLoopback, warn, info }),
    );
    this.#files = new ModelFiles({
      catalog: this.#catalog,
      downloads: this.#downloads,
      hubCacheFolder: config.hubCacheFolder,
    });
    this.#lanes = new ModelLanes({
      config,
      backendOf: (model) => this.#backendOf(model),
      bytesMax: () => Math.min(spareBytes(), this.#runnerBytesMax),
      calibrations,
      log,
    });
    this.#loaded = new LoadedModels({
      bytesMax: () => config.modelsMemoryBytesMax || usableBytes(),
      weightsBytes: (model) => loadedWeightsBytes(this.#backendOf(model).memory, model.bytes),
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
    this.#lanes.of(model);
    return model;
  }

  requireAliases(): Promise<void> {
    return this.#catalog.requireAliases();
  }

  lanes(): ReadonlyMap<string, number> {
    return this.#lanes.numbers;
  }

  transcribe(job: Job): AsyncIterable<JobEvent> {
    // Looks up the model only when the first event is read. Before that, the model may be unloaded.
    return streamOf(job, (delivery, signal) =>
      this.#loadedModel(delivery.job.model).run(delivery, signal),
    );
  }

  async load(
    name: string | null,
    wait: ModelWait = { signal: neverAborted },
  ): Promise<LoadedEntry> {
    const resolved = await this.resolve(name, "client", wait);
    await unlessAborted(this.#loadedModel(resolved).load(), wait.signal);
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
    const loaded = this.#loaded.keyOfName(name);
    if (loaded !== null) return this.#loaded.unload(loaded, { id: name, force });
    const model = await this.#catalog.resolve(name, "client", null);
    return this.#loaded.unload(keyOf(model), { id: model.id, force });
  }

  runners(): readonly RunnerEntry[] {
    return this.#loaded.all().map((model) => model.entry());
  }

  async pull(name: string, wait: ModelWait): Promise<PulledModel> {
    const { model: before } = await this.#catalog.locate(name, "client");
    const pulled = await this.#files.pull(name, wait);
    const { model: after } = await this.#catalog.locate(name, "client");
    // If the download has changed the files of the model, ends the idle process that loaded the older files. The next
    // job then starts a process that loads the newer files.
    const old = before === null || after === null || keyOf(before) === keyOf(after) ? null : before;
    if (old !== null) await this.#unloadIfIdle(old).catch(ignoreInUse);
    return pulled;
  }

  async remove(name: string): Promise<string> {
    const located = await this.#catalog.locate(name, "client");
    const { model } = located;
    if (model === null) {
      await this.#files.remove(name, located);
      return name;
    }
    const { id, backend } = model;
    if (name !== id && name !== `${backend}:${id}`) throw otherName(name, id);
    const key = keyOf(model);
    this.#removing.add(key);
    try {
      await this.#unloadIfIdle(model);
      await this.#files.remove(id, located);
    } finally {
      this.#removing.delete(key);
    }
    return id;
  }

  counts(): ModelCounts {
    const downloads = this.#downloads?.counts ?? { done: 0, failed: 0 };
    return { unloads: this.#loaded.unloads, downloads };
  }

  async metadata(): Promise<readonly ModelMetadata[]> {
    const models = await this.#usable();
    return this.#metadata.of(models, this.#backends, this.#config.allowedModels);
  }

  /**
   * Returns the models that clients may use. The models in the settings come first. Then come all other models that are
   * on this machine or in memory.
   */
  async #usable(): Promise<readonly ResolvedModel[]> {
    const configured = await this.#catalog.available("client");
    const local = await this.#catalog.local("client");
    const listed = new Set(configured.map(keyOf));
    const others = [...local.map(({ model }) => model), ...this.#loaded.models()];
    const byFiles = new Map(others.map((model) => [keyOf(model), model]));
    return [...configured, ...[...byFiles.values()].filter((model) => !listed.has(keyOf(model)))];
  }

  async models(): Promise<readonly ModelEntry[]> {
    const usable = await this.#usable();
    const aliases = await this.#catalog.aliases();
    return [
      ...usable.map(entryOf),
      ...aliases.map(({ id, backend, model }) => {
        return { id, selects: model?.id ?? null, backend, created: createdOf(model) };
      }),
    ];
  }

  async model(name: string): Promise<ModelEntry> {
    const listed = (await this.models()).find(({ id }) => id === name);
    if (listed !== undefined) return listed;
    try {
      return { ...entryOf(await this.#catalog.resolve(name, "client", null)), id: name };
    } catch (error) {
      // The error code is always `model_not_found`, even if the model exists and the client may not use it.
      if (!(error instanceof AsrError)) throw error;
      throw new AsrError("model_not_found", error.message, { param: error.param, cause: error });
    }
  }

  async backends(): Promise<readonly BackendEntry[]> {
    const available = await this.#catalog.available("operator");
    const entries = this.#backends.map((backend) => {
      const { id, displayName, patterns } = backend;
      const models = available.filter((model) => model.backend === id);
      return {
        id,
        displayName,
        devices: devicesOf(backend, deviceMachine()),
        unavailable: unavailableHere(backend),
        capabilities: capabilityNames(models),
        models: [...models.map((model) => model.id), ...patterns],
      };
    });
    return [...entries, ...missingEntries(this.#backends)];
  }

  async close(): Promise<void> {
    const reason = serverStopping("finish");
    await Promise.all([this.#loaded.close(reason), this.#downloads?.close(reason)]);
  }

  #loadedModel(model: ResolvedModel): LoadedModel {
    const key = keyOf(model);
    if (this.#removing.has(key)) throw notHere(model.id);
    const known = this.#loaded.find(key);
    if (known !== undefined) return known;
    const loaded = new LoadedModel({
      name: model.id,
      backend: model.backend,
      fileBytes: model.bytes,
      fileVersion: () => ("path" in model.source ? fileVersion(model.source.path) : ""),
      endMsMax,
      room: () => this.#loaded.makeRoom(model),
      onIdle: () => this.#loaded.becameIdle(key),
      start: () => this.#startRunner(model),
      log: this.#log,
    });
    this.#loaded.add(key, model, loaded);
    return loaded;
  }

  async #unloadIfIdle(model: ResolvedModel): Promise<void> {
    const key = keyOf(model);
    if (this.#loaded.find(key)?.use.hasProcess !== true) return;
    await this.#loaded.unload(key, { id: model.id, force: false });
  }

  /**
   * Throws AsrError `model_not_allowed` when the settings require a GPU but the backend of the model cannot use a GPU.
   */
  #requireDevice(model: ResolvedModel): void {
    const backend = this.#backendOf(model);
    const problem = gpuProblem(backend, deviceMachine());
    if (this.#config.device !== "gpu" || problem === null) return;
    throw new AsrError(
      "model_not_allowed",
      `Cannot run model "${model.id}" on a GPU (OPEN_ASR_DEVICE is gpu): its backend ${backend.id} cannot use one ` +
        "on this machine; use a model of another backend, or OPEN_ASR_DEVICE=auto",
      {
        param: "model",
        operatorMessage: `Cannot run model "${model.id}" on a GPU: ${backend.id}: ${problem}`,
      },
    );
  }

  #startRunner(model: ResolvedModel): Runner {
    const config = this.#config;
    const backend = this.#backendOf(model);
    const lanes = this.#lanes.of(model);
    const cpuLanes = this.#lanes.onCpu(model);
    const calibrate = this.#lanes.mustCalibrate(model);
    const runner = new Runner({
      name: model.id,
      environment: backend.environment ?? {},
      load: loadMessage(model, backend, { config, lanes, cpuLanes, calibrate }),
      limits: {
        memoryBytesMax: this.#runnerBytesMax,
        loadMsMax: config.loadTimeoutS * 1000,
        cancelMsMax: config.cancelTimeoutS * 1000,
        pingMsMax: config.runnerPingS * 1000,
      },
      defaults: { language: config.defaultLanguage, prompt: config.defaultPrompt },
      onCalibrated: (result) => this.#lanes.calibrated(model, lanes, result),
      log: this.#log,
    });
    void runner.death.then((death) => {
      if (death !== null) this.#lanes.runnerDied(model);
    });
    return runner;
  }

  #backendOf({ backend }: ResolvedModel): Backend {
    const found = this.#backends.find(({ id }) => id === backend);
    if (found !== undefined) return found;
    throw new Error(`expected a backend, found "${backend}"`);
  }

  get #runnerBytesMax(): number {
    return this.#config.runnerMemoryBytesMax || usableBytes();
  }
}

function notHere(name: string): AsrError {
  const message = `Model "${name}" is not on this machine`;
  return new AsrError("model_not_found", message, { param: "model" });
}

function otherName(name: string, id: string): AsrError {
  const message = `"${name}" is another name of the model "${id}": delete it by its own name`;
  return new AsrError("model_not_found", message, { param: "model" });
}

function ignoreInUse(error: unknown): void {
  if (!(error instanceof AsrError && error.code === "model_in_use")) throw error;
}

function entryOf(model: ResolvedModel): ModelEntry {
  return { id: model.id, selects: model.id, backend: model.backend, created: createdOf(model) };
}

/**
 * Returns the modification time of the model's weights in seconds since 1970. If the model has no weights file, returns
 * the modification time of the executable.
 */
function createdOf(model: ResolvedModel | null): number {
  return Math.floor((model?.mtimeMs ?? executableMtimeMs) / 1000);
}

function keyOf({ backend, source }: ResolvedModel): string {
  return `${backend}:${"path" in source ? source.path : source.embedded}`;
}

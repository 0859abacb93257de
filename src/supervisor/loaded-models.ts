/**
 * Manages the models that this server has loaded: limits their memory and unloads idle models. An unloaded model can be
 * loaded again.
 */
import { AsrError, retryLater } from "../errors.ts";
import type { LoadedEntry, ResolvedModel } from "../jobs/job.ts";
import type { ModelCounts } from "../jobs/model-facts.ts";
import type { Log } from "../log.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { requireMemory } from "./model-memory.ts";
import {
  type IdleLimits,
  idleModels,
  idleSMax,
  modelsToUnload,
  type ModelUse,
} from "./residency.ts";

type UnloadReason = keyof ModelCounts["unloads"];

interface LoadedModelsOptions extends IdleLimits {
  /** Returns the maximum memory for all models together, in bytes. */
  readonly bytesMax: () => number;
  /** Returns the memory of the loaded weights of a model, in bytes. */
  readonly weightsBytes: (model: ResolvedModel) => number;
  readonly evictIntervalS: number;
  readonly log: Log;
}

export class LoadedModels {
  readonly #options: LoadedModelsOptions;
  readonly #models = new Map<string, Member>();
  /** Unloaded models whose processes have not exited yet. Each promise resolves when the processes have exited. */
  readonly #ending = new Map<LoadedModel, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #unloads: Record<UnloadReason, number> = { idle: 0, memory: 0, request: 0 };

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#unloadIdle(), options.evictIntervalS * 1000);
    this.#timer.unref();
  }

  /** Returns the model with this key. A key consists of the backend and the location of the model's files. */
  find(key: string): LoadedModel | undefined {
    return this.#models.get(key)?.model;
  }

  /**
   * Returns the key of the loaded model with this name. The name is the id of the model, with or without its backend.
   * Null when no model with this name is loaded.
   */
  keyOfName(name: string): string | null {
    const named = this.#resident().find(
      (member) => member.resolved.id === name || member.entry().id === name,
    );
    return named?.key ?? null;
  }

  add(key: string, resolved: ResolvedModel, model: LoadedModel): void {
    this.#models.set(key, new Member(key, resolved, model));
  }

  /**
   * Call this when a model is no longer in use. The last job of the model may have set a maximum idle time. If so, the
   * model is unloaded after this time.
   */
  becameIdle(key: string): void {
    const member = this.#models.get(key);
    if (member === undefined) return;
    clearTimeout(member.idleTimer);
    const { use } = member;
    if (use.keepAliveS === null) return;
    const waitMs = idleSMax(use, this.#options) * 1000 + timerSlackMs;
    member.idleTimer = setTimeout(() => this.#unloadIdle(), waitMs).unref();
  }

  pin(key: string): void {
    const member = this.#models.get(key);
    if (member !== undefined) member.isPinned = true;
  }

  all(): readonly LoadedModel[] {
    return [...this.#models.values()].map(({ model }) => model);
  }

  /** Number of models that were unloaded for each reason. */
  get unloads(): ModelCounts["unloads"] {
    return this.#unloads;
  }

  models(): readonly ResolvedModel[] {
    return this.#resident().map(({ resolved }) => resolved);
  }

  entries(): readonly LoadedEntry[] {
    return this.#resident().map((member) => member.entry());
  }

  /** Returns the facts about a loaded model for the admin routes. Throws AsrError `model_not_loaded`. */
  entryOf(key: string, id: string): LoadedEntry {
    return this.#memberOf(key, id).entry();
  }

  /**
   * Throws AsrError when there is not enough memory for the model, even if all idle models that are not pinned are
   * unloaded.
   */
  requireMemory(model: ResolvedModel): void {
    // The memory of processes that are ending does not count, because it will soon be free.
    const loadedBytes = sumOfBytes(this.all());
    const missingBytes = loadedBytes + this.#options.weightsBytes(model) - this.#options.bytesMax();
    if (missingBytes <= 0 || modelsToUnload(this.#resident(), missingBytes) !== null) return;
    requireMemory({
      name: model.id,
      weightsBytes: this.#options.weightsBytes(model),
      loadedBytes,
      bytesMax: this.#options.bytesMax(),
    });
  }

  /**
   * Unloads idle models until there is enough memory for `model`. Returns null when there is enough memory now.
   * Otherwise returns a promise. When the promise resolves, a process has ended, and the caller must try again. Throws
   * the same error as `requireMemory`.
   */
  makeRoom(model: ResolvedModel): Promise<unknown> | null {
    const usedBytes = sumOfBytes([...this.all(), ...this.#ending.keys()]);
    const missingBytes = usedBytes + this.#options.weightsBytes(model) - this.#options.bytesMax();
    if (missingBytes <= 0) return null;
    if (this.#ending.size > 0) return Promise.race(this.#ending.values());
    this.requireMemory(model);
    const idle = modelsToUnload(this.#resident(), missingBytes) ?? [];
    for (const member of idle) void this.#end(member, "memory", `makes room for ${model.id}`);
    return Promise.all(this.#ending.values());
  }

  /**
   * Unloads a model. Resolves when the memory of the model is free. Throws AsrError `model_not_loaded` or
   * `model_in_use`.
   */
  async unload(key: string, { id, force }: { id: string; force: boolean }): Promise<LoadedEntry> {
    const member = this.#memberOf(key, id);
    const entry = member.entry();
    if (entry.uses > 0) throw inUse(id, "it is in use; try again later");
    if (entry.pinned && !force) {
      throw inUse(id, 'it was preloaded; unload it with "force": true at /v1/admin/models/unload');
    }
    await this.#end(member, "request", "on request");
    return entry;
  }

  /** Ends all processes. Their jobs fail with `reason`. Resolves when the processes have exited. */
  async close(reason: AsrError): Promise<void> {
    clearInterval(this.#timer);
    for (const { idleTimer } of this.#models.values()) clearTimeout(idleTimer);
    await Promise.all([
      ...this.all().map((model) => model.close(reason)),
      ...this.#ending.values(),
    ]);
  }

  #memberOf(key: string, id: string): Member {
    const member = this.#models.get(key);
    if (member !== undefined && member.use.hasProcess) return member;
    throw new AsrError("model_not_loaded", `Model "${id}" is not loaded`, { param: "model" });
  }

  #unloadIdle(): void {
    for (const member of idleModels(this.#resident(), this.#options)) {
      void this.#end(member, "idle", `idle for ${Math.round(member.use.idleS)} s`);
    }
  }

  #end(
    { key, model, resolved, idleTimer }: Member,
    reason: UnloadReason,
    why: string,
  ): Promise<void> {
    clearTimeout(idleTimer);
    this.#models.delete(key);
    this.#unloads[reason]++;
    this.#options.log.info("model unloaded", { model: resolved.id, why });
    const unloaded = retryLater("server_busy", `Model "${resolved.id}" was unloaded`, 1);
    const ended = model.close(unloaded).finally(() => this.#ending.delete(model));
    this.#ending.set(model, ended);
    return ended;
  }

  #resident(): Member[] {
    return [...this.#models.values()].filter(({ use }) => use.hasProcess);
  }
}

// --- internal ---

/**
 * Time in milliseconds that is added to the idle time. A timer may fire too early. Without the added time, the model
 * might then not count as idle for long enough.
 */
const timerSlackMs = 20;

function inUse(id: string, why: string): AsrError {
  return new AsrError("model_in_use", `Cannot unload model "${id}": ${why}`, { param: "model" });
}

function sumOfBytes(models: readonly LoadedModel[]): number {
  return models.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

class Member {
  readonly key: string;
  readonly resolved: ResolvedModel;
  readonly model: LoadedModel;
  isPinned = false;
  /** Timer for unloading the model. Undefined if the last job of the model set no maximum idle time. */
  idleTimer: NodeJS.Timeout | undefined;

  constructor(key: string, resolved: ResolvedModel, model: LoadedModel) {
    this.key = key;
    this.resolved = resolved;
    this.model = model;
  }

  get use(): ModelUse {
    return this.model.use;
  }

  entry(): LoadedEntry {
    const { id, backend } = this.resolved;
    const { uses, idleS, memoryBytes } = this.use;
    const plain = id.startsWith(`${backend}:`) ? id.slice(backend.length + 1) : id;
    return {
      id: `${backend}:${plain}`,
      backend,
      model: plain,
      pinned: this.isPinned,
      uses,
      idleS,
      memoryBytes,
    };
  }
}

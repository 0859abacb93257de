/**
 * The models of this server that have been loaded. This class limits their memory and unloads idle models. An unloaded
 * model can be loaded again.
 */
import { AsrError, retryLater } from "../errors.ts";
import type { LoadedEntry, ResolvedModel } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { requireMemory } from "./model-memory.ts";
import { type IdleLimits, idleModels, modelsToUnload, type ModelUse } from "./residency.ts";

interface LoadedModelsOptions extends IdleLimits {
  /** Returns the maximum memory for all models together, in bytes. */
  readonly bytesMax: () => number;
  readonly evictIntervalS: number;
  readonly log: Log;
}

export class LoadedModels {
  readonly #options: LoadedModelsOptions;
  readonly #models = new Map<string, Member>();
  /** Unloaded models whose processes still use memory. Each promise resolves when the processes have exited. */
  readonly #ending = new Map<LoadedModel, Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#unloadIdle(), options.evictIntervalS * 1000);
    this.#timer.unref();
  }

  /** Returns the model with this key. A key consists of the backend and the files of a model. */
  find(key: string): LoadedModel | undefined {
    return this.#models.get(key)?.model;
  }

  add(key: string, resolved: ResolvedModel, model: LoadedModel): void {
    this.#models.set(key, new Member(key, resolved, model));
  }

  pin(key: string): void {
    const member = this.#models.get(key);
    if (member !== undefined) member.isPinned = true;
  }

  all(): readonly LoadedModel[] {
    return [...this.#models.values()].map(({ model }) => model);
  }

  entries(): readonly LoadedEntry[] {
    return this.#resident().map((member) => member.entry());
  }

  /** Returns the entry of a loaded model. Throws AsrError `model_not_loaded`. */
  entryOf(key: string, id: string): LoadedEntry {
    return this.#memberOf(key, id).entry();
  }

  /**
   * Throws AsrError when there is not enough memory for the model, even if all idle models that are not pinned are
   * unloaded.
   */
  requireMemory(model: ResolvedModel): void {
    if (this.#missingBytes(model) <= 0) return;
    if (modelsToUnload(this.#resident(), this.#missingBytes(model)) !== null) return;
    requireMemory({
      name: model.id,
      fileBytes: model.bytes,
      loadedBytes: this.#bytes(),
      bytesMax: this.#options.bytesMax(),
    });
  }

  /**
   * Unloads idle models until there is enough memory for `model`. Returns null when there is enough memory now.
   * Otherwise returns a promise that resolves when a process has ended. Throws the same error as `requireMemory`.
   */
  makeRoom(model: ResolvedModel): Promise<unknown> | null {
    if (this.#missingBytes(model) <= 0) return null;
    if (this.#ending.size > 0) return Promise.race(this.#ending.values());
    this.requireMemory(model);
    const idle = modelsToUnload(this.#resident(), this.#missingBytes(model)) ?? [];
    for (const member of idle) void this.#end(member, `makes room for ${model.id}`);
    return Promise.all(this.#ending.values());
  }

  /** Unloads a model. Resolves when its memory is free. Throws AsrError `model_not_loaded` or `model_in_use`. */
  async unload(key: string, { id, force }: { id: string; force: boolean }): Promise<LoadedEntry> {
    const member = this.#memberOf(key, id);
    const entry = member.entry();
    const why = entry.uses > 0 ? "it is in use; try again later" : null;
    const isHeld =
      entry.pinned && !force ? 'it was preloaded; send "force": true to unload it' : null;
    if (why !== null || isHeld !== null) {
      throw new AsrError("model_in_use", `Cannot unload model "${id}": ${why ?? isHeld}`, {
        param: "model",
      });
    }
    await this.#end(member, "on request");
    return entry;
  }

  /** Ends all processes. Their jobs fail with `reason`. Resolves when the processes have exited. */
  async close(reason: AsrError): Promise<void> {
    clearInterval(this.#timer);
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
      void this.#end(member, `idle for ${Math.round(member.use.idleS)} s`);
    }
  }

  #end({ key, model, resolved }: Member, why: string): Promise<void> {
    this.#models.delete(key);
    this.#options.log.info("model unloaded", { model: resolved.id, why });
    const reason = retryLater("server_busy", `The operator unloaded model "${resolved.id}"`, 1);
    const ended = model.close(reason).finally(() => this.#ending.delete(model));
    this.#ending.set(model, ended);
    return ended;
  }

  #resident(): Member[] {
    return [...this.#models.values()].filter(({ use }) => use.hasProcess);
  }

  #bytes(): number {
    const models = [...this.all(), ...this.#ending.keys()];
    return models.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  /**
   * Returns by how many bytes the models would exceed the limit if `model` were loaded, too. Zero or negative when
   * there is enough memory.
   */
  #missingBytes(model: ResolvedModel): number {
    return this.#bytes() + model.bytes - this.#options.bytesMax();
  }
}

// --- internal ---

class Member {
  readonly key: string;
  readonly resolved: ResolvedModel;
  readonly model: LoadedModel;
  isPinned = false;

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

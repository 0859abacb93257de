/** Assigns ids to the models that the operator configured by path. Clients see and send these ids, never the paths. */
import { basename } from "node:path";
import type { ModelRef } from "./model-ref.ts";

export class ModelIds {
  readonly #reserved: ReadonlySet<string>;
  readonly #ids = new Map<string, string>();
  readonly #refs = new Map<string, ModelRef>();

  /** `reserved` contains names of models. The id of a path is never one of these names. */
  constructor(reserved: Iterable<string>) {
    this.#reserved = new Set(reserved);
  }

  /**
   * Returns the id of a path. For a file, this is the file name without `ggml-` and without the extension. For a
   * folder, this is the folder name. If the id is already used, adds a suffix such as `~2`.
   */
  idOf(path: ModelRef): string {
    const known = this.#ids.get(path.name);
    if (known !== undefined) return known;
    const base = nameAt(path.name);
    let id = base;
    for (let n = 2; this.#reserved.has(id) || this.#refs.has(id); n++) id = `${base}~${n}`;
    this.#ids.set(path.name, id);
    this.#refs.set(id, path);
    return id;
  }

  /** Returns the path that has this id. Null when the id is unknown. */
  pathOf(id: string): ModelRef | null {
    return this.#refs.get(id) ?? null;
  }
}

// --- internal ---

function nameAt(path: string): string {
  const name = basename(path) || "model";
  return /^(?:ggml-)?(.+)\.(?:bin|gguf|ggml|safetensors)$/iu.exec(name)?.[1] ?? name;
}

/** Which model a reference means: its backend and its files, or why there is none. */
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Backend } from "./backends/backend.ts";
import { AsrError } from "../errors.ts";
import { findSnapshot } from "./hub-cache.ts";
import type { Job } from "../jobs/job.ts";
import { formatModelRef, type ModelRef, parseModelRef } from "./model-ref.ts";

export interface ModelFiles {
  readonly backend: Backend;
  /** How the model is called in lists and logs: never a path a client did not name. */
  readonly id: string;
  readonly source: { readonly path: string } | { readonly embedded: string };
}

export interface CatalogOptions {
  readonly backends: readonly Backend[];
  /** The operator's default; null: the starter model. */
  readonly defaultModel: string | null;
  /** Models the operator named, paths among them: clients may name these too. */
  readonly operatorModels: readonly string[];
  /** Globs of what clients may name; empty: every model, no path. */
  readonly allowedModels: readonly string[];
  readonly defaultBackend: string | null;
  /** Folder of models that may be named without their path. */
  readonly modelDir: string | null;
  /** Where the Hugging Face tools keep what they downloaded. */
  readonly hubCacheFolder: string | null;
}

const starterModel = "base";

/** OpenAI's own model names: clients that cannot be told otherwise send one of them. */
const openAiModels = new Set([
  "whisper-1",
  "gpt-transcribe",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-mini-transcribe-2025-12-15",
]);

export class Catalog {
  readonly #options: CatalogOptions;
  /** Of repositories that were found. */
  readonly #folders = new Map<string, string>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** Throws AsrError `model_not_found` or `model_not_allowed`. */
  resolve(model: string | null, origin: Job["origin"]): ModelFiles {
    const written = model === null || openAiModels.has(model) ? null : model;
    const ref = parseModelRef(written ?? this.#defaultModel);
    if (origin === "client") this.#requireAllowed(ref);
    return this.#locate(ref, origin);
  }

  /** The models on this machine that may be named: the starter and those the operator named. */
  available(origin: Job["origin"]): ModelFiles[] {
    const names = [this.#defaultModel, starterModel, ...this.#options.operatorModels];
    const found = new Map<string, ModelFiles>();
    for (const ref of names.map(parseModelRef)) {
      if (origin === "client" && !this.#isAllowed(ref)) continue;
      const files = this.#find(ref);
      if ("id" in files) found.set(files.id, files);
    }
    return [...found.values()];
  }

  get #defaultModel(): string {
    return this.#options.defaultModel ?? starterModel;
  }

  /** What the operator named, which the default is by itself, and what the list has; without a list every name. */
  #isAllowed(ref: ModelRef): boolean {
    const { allowedModels, operatorModels } = this.#options;
    const named = [this.#defaultModel, ...operatorModels].some(
      (model) => parseModelRef(model).name === ref.name,
    );
    // Never as written: "/models/../secret.bin" would match "/models/**".
    const names = [ref.name, formatModelRef(ref)];
    const listed = allowedModels.some((glob) => names.some((one) => matches(glob, one)));
    return named || listed || (!ref.isPath && allowedModels.length === 0);
  }

  #requireAllowed(ref: ModelRef): void {
    if (this.#isAllowed(ref)) return;
    throw new AsrError(
      "model_not_allowed",
      ref.isPath
        ? "Cannot use a model by its path: the operator of this server did not allow that path (OPEN_ASR_SERVER_ALLOWED_MODELS)"
        : `Cannot use model "${formatModelRef(ref)}": the operator of this server does not allow it (OPEN_ASR_SERVER_ALLOWED_MODELS)`,
      { param: "model" },
    );
  }

  #locate(ref: ModelRef, origin: Job["origin"]): ModelFiles {
    const found = this.#find(ref);
    if ("id" in found) return found;
    const written = formatModelRef(ref);
    if (found.reason === "ambiguous") {
      throw new AsrError(
        "invalid_request",
        `Cannot choose a backend for model "${written}": name one of ${found.candidates.join(", ")}`,
        { param: "model" },
      );
    }
    const there = this.available(origin)
      .map(({ id }) => `"${id}"`)
      .join(", ");
    throw new AsrError(
      "model_not_found",
      `Cannot find model "${written}": ${found.words}. There is ${there}. ` +
        "For more, download a ggml file of whisper.cpp, or a folder of a model converted for CTranslate2: start with " +
        "--model /path/to/it, or put it into a folder, as ggml-NAME.bin or under the name of its repository, and start " +
        "with OPEN_ASR_SERVER_MODEL_DIR=/that/folder",
      { param: "model" },
    );
  }

  #find(ref: ModelRef): ModelFiles | NotFound | Ambiguous {
    const backend = this.#backendOf(ref);
    if ("reason" in backend) return backend;
    const id = formatModelRef(ref);
    if (ref.isPath || backend.form === "name") return { backend, id, source: { path: ref.name } };
    const embedded = Object.hasOwn(backend.embedded, ref.name)
      ? backend.embedded[ref.name]
      : undefined;
    if (embedded !== undefined) return { backend, id: ref.name, source: { embedded } };
    const path = this.#fileInModelDir(ref.name, backend) ?? this.#repository(ref.name, backend);
    return path === null
      ? notFound("its files are not on this machine")
      : { backend, id: ref.name, source: { path } };
  }

  #fileInModelDir(name: string, { fileName }: Backend): string | null {
    const { modelDir } = this.#options;
    if (modelDir === null || fileName === undefined || !/^[\w.-]+$/u.test(name)) return null;
    const path = join(modelDir, fileName(name));
    return formOf(path) === "file" ? path : null;
  }

  /**
   * Folder of a model repository. The one that was found first is kept: a newer download would be loaded
   * beside it, and the process of the older one would stay for nothing.
   */
  #repository(name: string, { repositories }: Backend): string | null {
    for (const repository of repositories?.(name) ?? []) {
      const known = this.#folders.get(repository);
      if (known !== undefined && formOf(known) === "folder") return known;
      const folder = repositoryName.test(repository) ? this.#folderOf(repository) : null;
      if (folder === null) continue;
      this.#folders.set(repository, folder);
      return folder;
    }
    return null;
  }

  /** In the operator's folder, under its name or as the tools would, else in the tools' own. */
  #folderOf(repository: string): string | null {
    const { modelDir, hubCacheFolder } = this.#options;
    const own = modelDir === null ? null : join(modelDir, basename(repository));
    if (own !== null && formOf(own) === "folder") return own;
    for (const hub of [modelDir, hubCacheFolder].filter((folder) => folder !== null)) {
      const snapshot = findSnapshot(hub, repository);
      if (snapshot !== null) return snapshot;
    }
    return null;
  }

  #backendOf(ref: ModelRef): Backend | NotFound | Ambiguous {
    const { backends, defaultBackend } = this.#options;
    if (ref.backend !== null) {
      const named = backends.find(({ id }) => id === ref.backend);
      if (named === undefined) return notFound(`there is no backend "${ref.backend}"`);
      if (ref.name === "") return notFound("no name follows the colon");
      return !ref.isPath || formOf(ref.name) === named.form
        ? named
        : nothingThere(formOf(ref.name), [named]);
    }
    const form = ref.isPath ? formOf(ref.name) : null;
    const accepting = backends.filter((backend) =>
      ref.isPath ? backend.form === form : backend.patterns.some((glob) => matches(glob, ref.name)),
    );
    if (ref.isPath && accepting.length === 0) return nothingThere(form, backends);
    const preferred = accepting.find(({ id }) => id === defaultBackend);
    if (preferred === undefined && accepting.length > 1) {
      return { reason: "ambiguous", candidates: accepting.map(({ id }) => `${id}:${ref.name}`) };
    }
    return preferred ?? accepting[0] ?? notFound("no backend knows the name");
  }
}

// --- internal ---

interface NotFound {
  readonly reason: "not-found";
  readonly words: string;
}

interface Ambiguous {
  readonly reason: "ambiguous";
  readonly candidates: readonly string[];
}

function notFound(words: string): NotFound {
  return { reason: "not-found", words };
}

/** "Organization/Name": never a way out of a folder. */
const repositoryName = /^\w[\w.-]*\/\w[\w.-]*$/u;

function nothingThere(found: Form | null, backends: readonly Backend[]): NotFound {
  const wanted = backends.filter(({ form }) => form !== "name").map(({ pathMeans }) => pathMeans);
  return notFound(
    `${found === null ? "nothing is" : `a ${found} is`} there; expected ${wanted.join(", or ")}`,
  );
}

type Form = "file" | "folder";

/** What a path leads to; null: nothing. */
function formOf(path: string): Form | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  return stats.isDirectory() ? "folder" : "file";
}

function matches(glob: string, name: string): boolean {
  return new Bun.Glob(glob).match(name);
}

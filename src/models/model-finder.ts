/**
 * Finds the files of a model on this machine. If the files are missing, finds the repository from which they can be
 * downloaded.
 */
import { basename, join, sep } from "node:path";
import type { ResolvedModel } from "../jobs/job.ts";
import { embeddedFile } from "../platform/embedded.ts";
import type { Backend, RemoteModel } from "./backends/backend.ts";
import { starterCapabilities } from "./backends/starter.ts";
import { preferredBackend } from "./backends/backend-names.ts";
import { type MissingEngine, missingEngine, missingEngineOf } from "./backends/missing-engines.ts";
import { type FileFacts, readFacts } from "./file-facts.ts";
import {
  isRepositoryName,
  isRevision,
  mainRevision,
  parseRepositoryRef,
  repositoryFolder,
  type RepositoryRef,
} from "./hub/hub.ts";
import { findSnapshot } from "./hub-cache.ts";
import { type Inspection, Inspections } from "./inspections.ts";
import type { ModelIds } from "./model-ids.ts";
import { formatModelRef, matchesGlob, type ModelRef } from "./model-ref.ts";
import { unsupportedKindAt } from "./unsupported-kinds.ts";

export interface FinderOptions {
  readonly backends: readonly Backend[];
  readonly defaultBackend: string | null;
  /**
   * Returns the id of the backend that should run an embedded model. Called only when several backends contain the
   * model and `defaultBackend` is none of them.
   */
  readonly starterBackend: () => Promise<string>;
  /** Folder of models that clients may request by their name. */
  readonly modelDir: string | null;
  /** Cache folder of the Hugging Face tools. */
  readonly hubCacheFolder: string | null;
}

export type Found =
  /**
   * The model is on this machine. `hub` is the repository from which the model was downloaded. `hub` is null for
   * embedded models and for files that the operator has put on this machine.
   */
  | { readonly kind: "local"; readonly model: ResolvedModel; readonly hub: ModelSource | null }
  /** The files are not on this machine. `remote` is the repository from which they can be downloaded. */
  | ({ readonly kind: "remote" } & ModelSource)
  | { readonly kind: "not-found"; readonly reason: string }
  /** No backend of this server can run this kind of model. `models` is the name of the kind, in the plural. */
  | { readonly kind: "unsupported"; readonly models: string }
  /** The model needs an engine that this server does not include. */
  | { readonly kind: "unavailable"; readonly engine: MissingEngine };

/** The repository and revision from which a model can be downloaded. */
export interface ModelSource {
  readonly backend: string;
  readonly remote: RemoteModel;
  readonly revision: string;
}

export class ModelFinder {
  readonly #options: FinderOptions;
  readonly #ids: ModelIds;
  readonly #inspections = new Inspections();
  /** Folders of the repositories that were found so far. The key consists of the repository and the revision. */
  readonly #folders = new Map<string, string>();

  constructor(options: FinderOptions, ids: ModelIds) {
    this.#options = options;
    this.#ids = ids;
  }

  async find(ref: ModelRef): Promise<Found> {
    const backend = await this.#backendOf(ref);
    if ("kind" in backend) return backend;
    if (ref.isPath) return this.#local(backend, this.#ids.idOf(ref), ref.name);
    if (backend.storage === "none") return modelByName(backend, ref);
    const embedded = Object.hasOwn(backend.embedded, ref.name)
      ? backend.embedded[ref.name]
      : undefined;
    if (embedded !== undefined) return this.#embedded(backend, ref, embedded);
    return this.#downloaded(ref, backend);
  }

  /**
   * Returns the repository for a name, even if its files are already on this machine. Null for a path and for an
   * unknown name.
   */
  async sourceOf(ref: ModelRef): Promise<ModelSource | null> {
    const backend = await this.#backendOf(ref);
    if (ref.isPath || "kind" in backend) return null;
    const { repository: name, revision } = parseRepositoryRef(ref.name);
    const remote = backend.remote?.(name) ?? null;
    return remote && { backend: backend.id, remote, revision };
  }

  /** Forgets the known folder of a repository. The next search then finds the folder of the newest download. */
  forget(repository: RepositoryRef): void {
    this.#folders.delete(keyOf(repository));
  }

  async #local(backend: Backend, id: string, path: string): Promise<Found> {
    return this.#localFrom(null, { backend, id, path });
  }

  async #localFrom(
    hub: ModelSource | null,
    { backend, id, path }: { backend: Backend; id: string; path: string },
  ): Promise<Found> {
    const facts = factsOf(backend, await this.#inspections.inspect(backend, path));
    return { kind: "local", model: { id, source: { path }, ...facts }, hub };
  }

  /**
   * Looks for a model in the operator's model folder and then in the cache of the Hugging Face tools. If the model is
   * in neither of them, looks for a repository on the hub that contains it.
   */
  async #downloaded(ref: ModelRef, backend: Backend): Promise<Found> {
    const { repository: name, revision } = parseRepositoryRef(ref.name);
    if (!isRevision(revision)) {
      return notFound("the text after @ is not a branch, tag or commit");
    }
    const id = await this.#idOfName(ref, backend);
    const own = await this.#inModelDir({ name, revision }, backend);
    if (own !== null) return this.#local(backend, id, own);
    const remote = backend.remote?.(name) ?? null;
    const path =
      (await this.#folderOfRepository({ name, revision }, backend)) ??
      (remote?.folder === null ? await this.#fileInRepository(remote, revision) : null);
    const hub = remote === null ? null : { backend: backend.id, remote, revision };
    if (path !== null) {
      const isCached = remote !== null && this.#isInCache(path, remote.repository);
      return this.#localFrom(isCached ? hub : null, { backend, id, path });
    }
    if (hub !== null) return { kind: "remote", ...hub };
    return notFound(
      backend.publishedModels.length > 0 && !name.includes("/")
        ? "its files are not on this machine, and no such model is published"
        : "its files are not on this machine",
    );
  }

  #isInCache(path: string, repository: string): boolean {
    const { hubCacheFolder } = this.#options;
    return (
      hubCacheFolder !== null && path.startsWith(repositoryFolder(hubCacheFolder, repository) + sep)
    );
  }

  /** Returns a model that is embedded in the executable. Such a model has no modification time. */
  async #embedded(backend: Backend, ref: ModelRef, embedded: string): Promise<Found> {
    const weights = await readFacts(embeddedFile(embedded) ?? embedded);
    const capabilities = starterCapabilities;
    const facts = factsOf(backend, { isAccepted: true, capabilities, weights });
    const id = await this.#idOfName(ref, backend);
    const model = { id, source: { embedded }, ...facts, mtimeMs: null };
    return { kind: "local", model, hub: null };
  }

  /** Returns the id of a model. This is the plain name, or `backend:name` if the plain name selects another backend. */
  async #idOfName(ref: ModelRef, backend: Backend): Promise<string> {
    const alone = await this.#backendOfName({ ...ref, backend: null });
    return "kind" in alone || alone === backend ? ref.name : `${backend.id}:${ref.name}`;
  }

  /**
   * Returns the path of the model in the operator's model folder. Null if the model is not there. Also null if a
   * revision is requested, because the revision of the files in this folder is unknown.
   */
  async #inModelDir(
    { name, revision }: { readonly name: string; readonly revision: string },
    { fileName, repositories, folderInRepository }: Backend,
  ): Promise<string | null> {
    const { modelDir } = this.#options;
    if (modelDir === null || revision !== mainRevision) return null;
    if (fileName !== undefined && /^[\w.-]+$/u.test(name)) {
      const path = join(modelDir, fileName(name));
      if ((await readFacts(path))?.kind === "file") return path;
    }
    for (const repository of (repositories?.(name) ?? []).filter(isRepositoryName)) {
      const path = join(modelDir, basename(folderInRepository?.(name) ?? repository));
      if (await isFolder(path)) return path;
    }
    return null;
  }

  /**
   * Returns the folder of a model's repository. After the folder was found once, returns the same folder even if the
   * user has downloaded a newer snapshot. With a new folder, the server would load the model a second time, and the
   * first process would stay in memory unused.
   */
  async #folderOfRepository(
    { name, revision }: { readonly name: string; readonly revision: string },
    { repositories, folderInRepository }: Backend,
  ): Promise<string | null> {
    const inside = folderInRepository?.(name) ?? null;
    for (const repository of repositories?.(name) ?? []) {
      const snapshot = await this.#knownFolder({ repository, revision });
      if (snapshot === null) continue;
      if (inside === null) return snapshot;
      const folder = join(snapshot, inside);
      if (await isFolder(folder)) return folder;
    }
    return null;
  }

  /** Returns the path of a model that is a single file in a repository with several models. */
  async #fileInRepository(
    { repository, files: [file = ""] }: RemoteModel,
    revision: string,
  ): Promise<string | null> {
    const folder = await this.#knownFolder({ repository, revision });
    const path = folder === null ? null : join(folder, file);
    return path !== null && (await readFacts(path))?.kind === "file" ? path : null;
  }

  async #knownFolder(ref: RepositoryRef): Promise<string | null> {
    const key = keyOf(ref);
    const known = this.#folders.get(key);
    if (known !== undefined && (await isFolder(known))) return known;
    const isSafe = isRepositoryName(ref.repository) && isRevision(ref.revision);
    const folder = isSafe ? await this.#folderOf(ref) : null;
    if (folder !== null) this.#folders.set(key, folder);
    return folder;
  }

  /**
   * Returns the folder of a snapshot of a repository. Searches first in `modelDir`, because this folder may have the
   * layout of a Hugging Face cache. Then searches in the Hugging Face cache.
   */
  async #folderOf(ref: RepositoryRef): Promise<string | null> {
    const { modelDir, hubCacheFolder } = this.#options;
    for (const hub of [modelDir, hubCacheFolder].filter((folder) => folder !== null)) {
      const snapshot = await findSnapshot(hub, ref);
      if (snapshot !== null) return snapshot;
    }
    return null;
  }

  async #backendOf(ref: ModelRef): Promise<Backend | Found> {
    return ref.isPath ? this.#backendOfPath(ref) : this.#backendOfName(ref);
  }

  async #backendOfName(ref: ModelRef): Promise<Backend | Found> {
    if (ref.backend !== null && ref.name === "") {
      return this.#namedBackend(ref.backend)
        ? notFound("the name after the colon is missing")
        : noBackend(ref);
    }
    if (ref.backend !== null) return this.#namedBackend(ref.backend) ?? noBackend(ref);
    const embedding = await this.#backendOfEmbedded(ref.name);
    if (embedding !== undefined) return embedding;
    const { repository: name } = parseRepositoryRef(ref.name);
    const accepting = this.#options.backends.filter((backend) => accepts(backend, name));
    const engine = missingEngineOf(name);
    if (accepting.length === 0 && engine !== undefined) return { kind: "unavailable", engine };
    return this.#preferred(accepting) ?? notFound("no backend has a model of this name");
  }

  /**
   * Returns the backend that runs the embedded model with this name. Undefined when no embedded model has this name.
   */
  async #backendOfEmbedded(name: string): Promise<Backend | undefined> {
    const { backends, defaultBackend, starterBackend } = this.#options;
    const embedding = backends.filter(({ embedded }) => Object.hasOwn(embedded, name));
    if (embedding.length < 2) return embedding[0];
    const chosen = embedding.find(({ id }) => id === defaultBackend);
    if (chosen !== undefined) return chosen;
    const starter = await starterBackend();
    return embedding.find(({ id }) => id === starter) ?? embedding[0];
  }

  /**
   * Returns the backend that accepts the files at a path. If no backend accepts them and their kind is unknown, chooses
   * a backend nevertheless, so that its engine reports the error.
   */
  async #backendOfPath(ref: ModelRef): Promise<Backend | Found> {
    const { backends } = this.#options;
    const named = ref.backend === null ? undefined : this.#namedBackend(ref.backend);
    if (ref.backend !== null && named === undefined) return noBackend(ref);
    const kind = (await readFacts(ref.name))?.kind ?? null;
    const candidates = named === undefined ? backends : [named];
    const fitting = candidates.filter((backend) => backend.storage === kind);
    if (fitting.length === 0) return wrongFiles(kind, candidates);
    const inspected = await Promise.all(
      fitting.map(async (backend) => {
        const { isAccepted } = await this.#inspections.inspect(backend, ref.name);
        return { backend, isAccepted };
      }),
    );
    const accepting = inspected
      .filter(({ isAccepted }) => isAccepted)
      .map(({ backend }) => backend);
    const unsupported = accepting.length > 0 ? null : unsupportedKindAt(ref.name);
    if (unsupported !== null) return { kind: "unsupported", models: unsupported };
    const chosen = accepting.length > 0 ? accepting : fitting;
    return this.#preferred(chosen) ?? wrongFiles(kind, candidates);
  }

  #namedBackend(id: string): Backend | undefined {
    return this.#options.backends.find(
      (backend) => backend.id === id || backend.aliases?.includes(id) === true,
    );
  }

  #preferred(accepting: readonly Backend[]): Backend | undefined {
    return preferredBackend(accepting, this.#options.defaultBackend);
  }
}

/** Returns whether the backend accepts this model name. The name must not contain a revision. */
export function accepts({ patterns }: Backend, name: string): boolean {
  return patterns.some((glob) => matchesGlob(glob, name));
}

// --- internal ---

function keyOf({ repository, revision }: RepositoryRef): string {
  return `${repository}@${revision}`;
}

function factsOf(backend: Backend, { capabilities, weights }: Inspection) {
  const { bytes, mtimeMs }: Pick<FileFacts, "bytes"> & { mtimeMs: number | null } = weights ?? {
    bytes: 0,
    mtimeMs: null,
  };
  return { backend: backend.id, chunkMaxS: backend.chunkMaxS, capabilities, bytes, mtimeMs };
}

/** Returns a model whose engine needs only the name of the model, without files. */
function modelByName(backend: Backend, ref: ModelRef): Found {
  const id = formatModelRef(ref);
  const facts = factsOf(backend, { isAccepted: true, capabilities: null, weights: null });
  return { kind: "local", model: { id, source: { path: ref.name }, ...facts }, hub: null };
}

async function isFolder(path: string): Promise<boolean> {
  return (await readFacts(path))?.kind === "folder";
}

function notFound(reason: string): Found {
  return { kind: "not-found", reason };
}

function noBackend({ backend }: ModelRef): Found {
  const engine = missingEngine(backend ?? "");
  if (engine !== undefined) return { kind: "unavailable", engine };
  return notFound(`unknown backend "${backend}"`);
}

function wrongFiles(kind: FileFacts["kind"] | null, backends: readonly Backend[]): Found {
  const wanted = backends
    .filter((one) => one.storage !== "none")
    .map(({ expectedPath }) => expectedPath);
  const actual = kind === null ? "no such file or folder" : `the path is a ${kind}`;
  return notFound(`${actual}; expected ${wanted.join(", or ")}`);
}

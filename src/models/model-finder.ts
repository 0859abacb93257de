/** Where the model of a reference lies: on this machine, in a repository, or nowhere. */
import { basename, join } from "node:path";
import type { ResolvedModel } from "../jobs/job.ts";
import { embeddedFile } from "../platform/embedded.ts";
import type { Backend, RemoteModel } from "./backends/backend.ts";
import { type FileFacts, lookAt } from "./file-facts.ts";
import { findSnapshot } from "./hub-cache.ts";
import { type Inspection, Inspections } from "./inspections.ts";
import type { ModelIds } from "./model-ids.ts";
import { formatModelRef, matchesGlob, type ModelRef } from "./model-ref.ts";

export interface FinderOptions {
  readonly backends: readonly Backend[];
  readonly defaultBackend: string | null;
  /** Folder of models that may be named without their path. */
  readonly modelDir: string | null;
  /** Where the Hugging Face tools keep what they downloaded. */
  readonly hubCacheFolder: string | null;
}

export type Found =
  | { readonly kind: "local"; readonly model: ResolvedModel }
  /** Its files are not here, and `remote` says where they are. */
  | { readonly kind: "remote"; readonly remote: RemoteModel }
  | { readonly kind: "not-found"; readonly reason: string }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] };

export class ModelFinder {
  readonly #options: FinderOptions;
  readonly #ids: ModelIds;
  readonly #inspections = new Inspections();
  /** Of repositories that were found. */
  readonly #folders = new Map<string, string>();

  constructor(options: FinderOptions, ids: ModelIds) {
    this.#options = options;
    this.#ids = ids;
  }

  async find(ref: ModelRef): Promise<Found> {
    const backend = await this.#backendOf(ref);
    if ("kind" in backend) return backend;
    if (ref.isPath) return this.#local(backend, this.#ids.idOf(ref), ref.name);
    if (backend.form === "name") return named(backend, ref);
    const embedded = Object.hasOwn(backend.embedded, ref.name)
      ? backend.embedded[ref.name]
      : undefined;
    if (embedded !== undefined) return this.#embedded(backend, ref.name, embedded);
    const path =
      (await this.#fileInModelDir(ref.name, backend)) ??
      (await this.#repository(ref.name, backend));
    if (path !== null) return this.#local(backend, this.#idOfName(ref, backend), path);
    const remote = backend.remote?.(ref.name) ?? null;
    return remote === null
      ? notFound("its files are not on this machine")
      : { kind: "remote", remote };
  }

  async #local(backend: Backend, id: string, path: string): Promise<Found> {
    const inspection = await this.#inspections.inspect(backend, path);
    return { kind: "local", model: { id, source: { path }, ...factsOf(backend, inspection) } };
  }

  /** It is as old as the executable. */
  async #embedded(backend: Backend, id: string, embedded: string): Promise<Found> {
    const path = embeddedFile(embedded) ?? embedded;
    const facts = factsOf(backend, await this.#inspections.inspect(backend, path));
    return { kind: "local", model: { id, source: { embedded }, ...facts, mtimeMs: null } };
  }

  /** The name alone, unless that means another backend's model. */
  #idOfName(ref: ModelRef, backend: Backend): string {
    const alone = this.#backendOfName({ ...ref, backend: null });
    return "kind" in alone || alone === backend ? ref.name : `${backend.id}:${ref.name}`;
  }

  async #fileInModelDir(name: string, { fileName }: Backend): Promise<string | null> {
    const { modelDir } = this.#options;
    if (modelDir === null || fileName === undefined || !/^[\w.-]+$/u.test(name)) return null;
    const path = join(modelDir, fileName(name));
    return (await lookAt(path))?.form === "file" ? path : null;
  }

  /**
   * Folder of a model repository. The one that was found first is kept: a newer download would be loaded
   * beside it, and the process of the older one would stay for nothing.
   */
  async #repository(name: string, { repositories }: Backend): Promise<string | null> {
    for (const repository of repositories?.(name) ?? []) {
      const known = this.#folders.get(repository);
      if (known !== undefined && (await isFolder(known))) return known;
      const folder = repositoryName.test(repository) ? await this.#folderOf(repository) : null;
      if (folder === null) continue;
      this.#folders.set(repository, folder);
      return folder;
    }
    return null;
  }

  /** In the operator's folder, under its name or as the tools would, else in the tools' own. */
  async #folderOf(repository: string): Promise<string | null> {
    const { modelDir, hubCacheFolder } = this.#options;
    const own = modelDir === null ? null : join(modelDir, basename(repository));
    if (own !== null && (await isFolder(own))) return own;
    for (const hub of [modelDir, hubCacheFolder].filter((folder) => folder !== null)) {
      const snapshot = await findSnapshot(hub, repository);
      if (snapshot !== null) return snapshot;
    }
    return null;
  }

  async #backendOf(ref: ModelRef): Promise<Backend | Found> {
    return ref.isPath ? this.#backendOfPath(ref) : this.#backendOfName(ref);
  }

  #backendOfName(ref: ModelRef): Backend | Found {
    if (ref.backend !== null && ref.name === "") {
      return this.#namedBackend(ref.backend)
        ? notFound("no name follows the colon")
        : noBackend(ref);
    }
    if (ref.backend !== null) return this.#namedBackend(ref.backend) ?? noBackend(ref);
    const accepting = this.#options.backends.filter((backend) =>
      backend.patterns.some((glob) => matchesGlob(glob, ref.name)),
    );
    return this.#preferred(accepting, ref) ?? notFound("no backend knows the name");
  }

  /** The backend that knows the files. When none does, the one that takes files or folders: its engine says what is wrong. */
  async #backendOfPath(ref: ModelRef): Promise<Backend | Found> {
    const { backends } = this.#options;
    const asked = ref.backend === null ? undefined : this.#namedBackend(ref.backend);
    if (ref.backend !== null && asked === undefined) return noBackend(ref);
    const form = (await lookAt(ref.name))?.form ?? null;
    const candidates = asked === undefined ? backends : [asked];
    const fitting = candidates.filter((backend) => backend.form === form);
    if (fitting.length === 0) return nothingThere(form, candidates);
    const looks = await Promise.all(
      fitting.map(async (backend) => {
        const { isAccepted } = await this.#inspections.inspect(backend, ref.name);
        return { backend, isAccepted };
      }),
    );
    const accepting = looks.filter((look) => look.isAccepted).map(({ backend }) => backend);
    const chosen = accepting.length > 0 ? accepting : fitting;
    return this.#preferred(chosen, ref) ?? nothingThere(form, candidates);
  }

  #namedBackend(id: string): Backend | undefined {
    return this.#options.backends.find((backend) => backend.id === id);
  }

  #preferred(accepting: readonly Backend[], ref: ModelRef): Backend | Found | undefined {
    const preferred = accepting.find(({ id }) => id === this.#options.defaultBackend);
    if (preferred !== undefined || accepting.length < 2) return preferred ?? accepting[0];
    const name = ref.isPath ? this.#ids.idOf(ref) : ref.name;
    return { kind: "ambiguous", candidates: accepting.map(({ id }) => `${id}:${name}`) };
  }
}

// --- internal ---

/** "Organization/Name": never a way out of a folder. */
const repositoryName = /^\w[\w.-]*\/\w[\w.-]*$/u;

function factsOf(backend: Backend, { capabilities, weights }: Inspection) {
  const { bytes, mtimeMs }: Pick<FileFacts, "bytes"> & { mtimeMs: number | null } = weights ?? {
    bytes: 0,
    mtimeMs: null,
  };
  return { backend: backend.id, chunkMaxS: backend.chunkMaxS, capabilities, bytes, mtimeMs };
}

/** A model of an engine that loads names: it has no files. */
function named(backend: Backend, ref: ModelRef): Found {
  const id = formatModelRef(ref);
  const facts = factsOf(backend, { isAccepted: true, capabilities: null, weights: null });
  return { kind: "local", model: { id, source: { path: ref.name }, ...facts } };
}

async function isFolder(path: string): Promise<boolean> {
  return (await lookAt(path))?.form === "folder";
}

function notFound(reason: string): Found {
  return { kind: "not-found", reason };
}

function noBackend({ backend }: ModelRef): Found {
  return notFound(`there is no backend "${backend}"`);
}

function nothingThere(form: FileFacts["form"] | null, backends: readonly Backend[]): Found {
  const wanted = backends.filter((one) => one.form !== "name").map(({ pathMeans }) => pathMeans);
  const there = form === null ? "nothing is" : `a ${form} is`;
  return notFound(`${there} there; expected ${wanted.join(", or ")}`);
}

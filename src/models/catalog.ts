/** Finds the model for the name in a request, and checks that the client may use the model. */
import type { Job, ModelWait, ResolvedModel } from "../jobs/job.ts";
import { neverAborted } from "../platform/abort.ts";
import { type Alias, Aliases } from "./aliases.ts";
import { namesHere } from "./backends/missing-engines.ts";
import { mainRevision, parseRepositoryRef, type RepositoryRef } from "./hub/hub.ts";
import { type ListedAlias, listedAlias } from "./listed-alias.ts";
import { namesOnMachine } from "./local-names.ts";
import { type FinderOptions, type Found, ModelFinder, type ModelSource } from "./model-finder.ts";
import { ModelIds } from "./model-ids.ts";
import { diarizationError, type Miss, missError, notAllowedError } from "./model-miss.ts";
import { listedAliases, meansDefaultModel, meansDiarization } from "./model-names.ts";
import { type Pull, type PullOptions, Pulls } from "./pulls.ts";
import { formatModelRef, matchesGlob, type ModelRef, parseModelRef } from "./model-ref.ts";
import { orderedReadings } from "./readings.ts";
import { requireTask } from "./required-task.ts";
import { clientRef, operatorRef } from "./written-refs.ts";

export interface CatalogOptions extends FinderOptions {
  /** Default model of the operator. Null means the first of `preferredDefaults` on this machine, or the starter model. */
  readonly defaultModel: string | null;
  /** Names of models that are the default model while they are on this machine. They are never downloaded as default. */
  readonly preferredDefaults: readonly string[];
  /** Names and paths of models that the operator configured. Clients may request these models as well. */
  readonly operatorModels: readonly string[];
  /**
   * Glob patterns of the names and paths that clients may request. When the list is empty, clients may request every
   * name but no path.
   */
  readonly allowedModels: readonly string[];
  /**
   * Additional names of models. The aliases must be valid (see `aliasProblems`). Clients may use each alias, and also
   * the model to which the alias refers.
   */
  readonly aliases: readonly Alias[];
  readonly pull: PullOptions;
}

/** Where a model is on this machine, and from where it can be downloaded. `model` and `source` are not both null. */
export interface LocatedModel {
  /** The model on this machine. Null when the model is not on this machine. */
  readonly model: ResolvedModel | null;
  readonly source: ModelSource | null;
}

export interface LocalModel {
  readonly name: string;
  readonly model: ResolvedModel;
  readonly isDefault: boolean;
}

const starterModel = "base";

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #ids: ModelIds;
  readonly #finder: ModelFinder;
  readonly #pulls: Pulls;
  readonly #aliases: Aliases;
  /**
   * References to the default model, the preferred one first. There are several references if the name of the default
   * model has several meanings, or if this platform prefers other models to the starter model.
   */
  readonly #defaultRefs: readonly ModelRef[];
  /** The first of `#defaultRefs`: the models that this platform prefers to the starter model. */
  readonly #preferredRefs: readonly ModelRef[];
  readonly #otherRefs: readonly (readonly ModelRef[])[];
  /** Names and paths of the default model and the other models that the operator configured. */
  readonly #operatorNames: ReadonlySet<string>;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#aliases = new Aliases(options.aliases);
    const refsOf = (name: string): readonly ModelRef[] =>
      orderedReadings(
        operatorRef(meansDefaultModel(name) ? starterModel : name, options.modelDir),
        options,
      );
    const named = (name: string): string => this.#aliases.modelOf(name) ?? name;
    const isDefaultOpen =
      options.defaultModel === null && this.#aliases.modelOf(starterModel) === null;
    this.#preferredRefs = isDefaultOpen ? options.preferredDefaults.flatMap(refsOf) : [];
    const ownRefs = refsOf(named(options.defaultModel ?? starterModel));
    this.#defaultRefs = [...this.#preferredRefs, ...ownRefs];
    this.#otherRefs = [...options.operatorModels, ...this.#aliases.names]
      .map(named)
      .map((name) => (meansDefaultModel(name) ? this.#defaultRefs : refsOf(name)));
    // The preferred models of the platform are no choice of the operator, so clients cannot download them as such.
    const isPreferred = (ref: ModelRef): boolean => this.#preferredRefs.includes(ref);
    const refs = [ownRefs, ...this.#otherRefs].flat().filter((ref) => !isPreferred(ref));
    this.#operatorNames = new Set(refs.map(({ name }) => name));
    const names = refs.filter(({ isPath }) => !isPath).map(({ name }) => name);
    this.#ids = new ModelIds([starterModel, ...names, ...this.#aliases.names]);
    // Assigns an id to each path. The order of the settings decides the ids, so that a path has the same id after a
    // restart.
    for (const ref of refs) if (ref.isPath) this.#ids.idOf(ref);
    this.#finder = new ModelFinder(options, this.#ids);
    this.#pulls = new Pulls(options.pull);
  }

  /**
   * Returns the model for a name. A null name means the default model. If the model is missing and its download is
   * allowed, downloads the model. When `wait` is null, never downloads. Throws AsrError `model_not_found`,
   * `model_not_allowed` or `backend_unavailable`. Throws `unsupported_value` for a model that distinguishes speakers,
   * or that cannot perform `wait.task`. Throws also the errors of a download.
   */
  async resolve(
    model: string | null,
    origin: Job["origin"],
    wait: ModelWait | null = { signal: neverAborted },
  ): Promise<ResolvedModel> {
    const found = await this.#search(model, origin);
    requireTask(wait?.task ?? "transcribe", found);
    if ("model" in found) return wait === null ? found.model : this.#newest(found, origin, wait);
    const pulled = wait === null ? null : await this.#pull(found, origin, wait);
    if (pulled !== null) return pulled;
    throw await this.#explain(found, model ?? this.#options.defaultModel ?? starterModel, origin);
  }

  /**
   * Returns where the model with this name is, and where it can be downloaded from. Downloads nothing. Throws the
   * errors of `resolve`, except the errors of a download.
   */
  async locate(written: string, origin: Job["origin"] = "operator"): Promise<LocatedModel> {
    const found = await this.#search(written, origin);
    if ("model" in found) {
      return { model: found.model, source: await this.#finder.sourceOf(found.ref) };
    }
    const remote = found.find((miss) => miss.found.kind === "remote");
    const source = remote === undefined ? null : await this.#finder.sourceOf(remote.ref);
    if (source === null) throw await this.#explain(found, written, origin);
    return { model: null, source };
  }

  /** Discards what is known about the files of a repository. Call this function when the files have changed. */
  forget(repository: RepositoryRef): void {
    this.#finder.forget(repository);
  }

  /**
   * Returns the models on this machine that `origin` may use, the default model first. Each model is listed once, with
   * the first name that refers to it.
   */
  async local(origin: Job["origin"] = "operator"): Promise<readonly LocalModel[]> {
    const { operatorModels } = this.#options;
    const first = await this.#defaultName(origin);
    const names = [first, ...operatorModels, ...(await namesOnMachine(this.#options))];
    const found = await Promise.all(
      names.map(async (name) => ({
        name,
        found: await this.#find(this.#allowedTo(origin, this.#refsOf(name, origin))),
      })),
    );
    const byFiles = new Map<string, LocalModel>();
    for (const { name, found: one } of found) {
      if (!("model" in one)) continue;
      const { model } = one;
      const isDefault = name === first;
      const key = JSON.stringify([model.backend, model.source]);
      // Skips a model if its files are already in the list. Also skips a model whose capabilities are unknown, for
      // example because its files are damaged. The default model stays in the list even without known capabilities.
      if (byFiles.has(key) || (model.capabilities === null && !isDefault)) continue;
      byFiles.set(key, { name, model, isDefault });
    }
    return [...byFiles.values()];
  }

  /**
   * Returns the models on this machine that `origin` may request: the starter model and the models that the operator
   * configured.
   */
  async available(origin: Job["origin"]): Promise<ResolvedModel[]> {
    const all = [this.#defaultRefs, [parseModelRef(starterModel)], ...this.#otherRefs];
    const found = await Promise.all(all.map((refs) => this.#find(this.#allowedTo(origin, refs))));
    const models = found.flatMap((one) => ("model" in one ? [one.model] : []));
    return [...new Map(models.map((model) => [model.id, model])).values()];
  }

  /**
   * Returns the operator's aliases, followed by OpenAI's names for the default model. Omits a name of OpenAI if the
   * operator has set the same name as an alias, or if it is the id of a path. Omits names whose model is neither on
   * this machine nor on the hub.
   */
  async aliases(): Promise<readonly ListedAlias[]> {
    const own = await Promise.all(
      this.#aliases.names.map(async (id) => ({ id, found: await this.#find(this.#aliasRefs(id)) })),
    );
    const byDefault = await this.#find(this.#defaultRefs);
    const others = listedAliases
      .filter((id) => this.#aliases.modelOf(id) === null && this.#ids.pathOf(id) === null)
      .map((id) => ({ id, found: byDefault }))
      .filter(({ found }) => "model" in found);
    return [...own, ...others].flatMap(({ id, found }) => listedAlias(id, found) ?? []);
  }

  /**
   * Checks the aliases. Throws an error for the first alias whose model is not on this machine and cannot be
   * downloaded.
   */
  async requireAliases(): Promise<void> {
    for (const name of this.#aliases.names) {
      const found = await this.#find(this.#aliasRefs(name));
      if ("model" in found || found.some((miss) => this.#pullOf(miss, "operator") !== null))
        continue;
      throw await this.#explain(found, this.#aliases.modelOf(name) ?? name, "operator");
    }
  }

  async #defaultName(origin: Job["origin"]): Promise<string> {
    const { defaultModel } = this.#options;
    if (defaultModel !== null) return defaultModel;
    const found = await this.#find(this.#allowedTo(origin, this.#defaultRefs));
    return "model" in found ? formatModelRef(found.ref) : starterModel;
  }

  /**
   * Finds the model for a name. A null name means the default model. Throws AsrError `model_not_allowed` when `origin`
   * may use none of the models that the name can mean.
   */
  async #search(written: string | null, origin: Job["origin"]): Promise<Hit | readonly Miss[]> {
    const refs = this.#refsOf(written, origin);
    const allowed = this.#allowedTo(origin, refs);
    if (allowed.length === 0) throw notAllowedError(refs);
    return this.#find(allowed);
  }

  /**
   * Searches for the references in order, and returns the first model that is on this machine. Skips a model that only
   * the platform prefers if its files are damaged. If no model is on this machine, returns the result of the search for
   * each reference.
   */
  async #find(refs: readonly ModelRef[]): Promise<Hit | readonly Miss[]> {
    const misses: Miss[] = [];
    for (const ref of refs) {
      const found = await this.#finder.find(ref);
      if (found.kind !== "local") misses.push({ ref, found });
      else if (found.model.capabilities !== null || !this.#preferredRefs.includes(ref))
        return { ref, ...found };
    }
    return misses;
  }

  /**
   * Returns the found model. With `--pull always`, checks first whether the hub has newer files. If so, downloads the
   * newer files and returns the newer model.
   */
  async #newest(hit: Hit, origin: Job["origin"], wait: ModelWait): Promise<ResolvedModel> {
    const { ref, hub, model } = hit;
    if (hub === null) return model;
    const pull = { ...hub, ...this.#askerOf(ref, origin) };
    if (!(await this.#pulls.refresh(pull, wait))) return model;
    this.#finder.forget({ repository: hub.remote.repository, revision: hub.revision });
    const again = await this.#finder.find(ref);
    return again.kind === "local" ? again.model : model;
  }

  /** Downloads the first missing model whose download is allowed. Returns null when no download is allowed. */
  async #pull(
    misses: readonly Miss[],
    origin: Job["origin"],
    wait: ModelWait,
  ): Promise<ResolvedModel | null> {
    for (const miss of misses) {
      const pull = this.#pullOf(miss, origin);
      if (pull === null) continue;
      await this.#pulls.pull(pull, wait);
      const again = await this.#finder.find(miss.ref);
      if (again.kind === "local") return again.model;
    }
    return null;
  }

  /**
   * Returns the download of a missing model. Null when no repository is known, or when a download for `origin` is not
   * allowed.
   */
  #pullOf({ ref, found }: Miss, origin: Job["origin"]): Pull | null {
    if (found.kind !== "remote") return null;
    const { remote, revision } = found;
    const pull = { remote, revision, ...this.#askerOf(ref, origin) };
    return this.#pulls.mayPull(pull) ? pull : null;
  }

  #askerOf(ref: ModelRef, origin: Job["origin"]): Pick<Pull, "name" | "isOperators" | "origin"> {
    const isOperators = this.#operatorNames.has(ref.name) || this.#options.allowedModels.length > 0;
    return { name: formatModelRef(ref), isOperators, origin };
  }

  #allowedTo(origin: Job["origin"], refs: readonly ModelRef[]): readonly ModelRef[] {
    return origin === "operator" ? refs : refs.filter((ref) => this.#isAllowed(ref));
  }

  /** Returns the references that a name can mean, the preferred one first. The list is never empty. */
  #refsOf(model: string | null, origin: Job["origin"]): readonly ModelRef[] {
    if (model === null) return this.#defaultRefs;
    if (this.#aliases.modelOf(model) !== null) return this.#aliasRefs(model);
    const known = this.#ids.pathOf(model.trim());
    if (known !== null) return [known];
    if (meansDefaultModel(model)) return this.#defaultRefs;
    if (meansDiarization(model)) throw diarizationError(model.trim());
    if (origin === "operator")
      return orderedReadings(operatorRef(model, this.#options.modelDir), this.#options);
    const path = parseModelRef(model);
    const isUsablePath = path.isPath && this.#isAllowed(path);
    const refs = isUsablePath ? [path] : orderedReadings(clientRef(model), this.#options);
    return refs.map((ref) => this.#pathOfId(ref));
  }

  /** Returns the references to the model of an alias. The operator has set the alias, so it may refer to any path. */
  #aliasRefs(alias: string): readonly ModelRef[] {
    const model = this.#aliases.modelOf(alias) ?? alias;
    if (meansDefaultModel(model)) return this.#defaultRefs;
    return orderedReadings(operatorRef(model, this.#options.modelDir), this.#options);
  }

  /** If the name of `ref` is the id of a path, returns the reference to this path. Otherwise returns `ref`. */
  #pathOfId(ref: ModelRef): ModelRef {
    const path = ref.isPath ? null : this.#ids.pathOf(ref.name);
    return path === null ? ref : { ...path, backend: ref.backend ?? path.backend };
  }

  /**
   * Returns whether clients may use a model. They may always use the operator's models, including the default model.
   * When `allowedModels` is empty, they may also use every other model by its name, but not by its path. Otherwise,
   * they may also use every name and path that matches `allowedModels`. A glob pattern without "@" allows only the main
   * branch, because anyone can add a revision to a repository of the hub.
   */
  #isAllowed(ref: ModelRef): boolean {
    const { allowedModels } = this.#options;
    if (this.#operatorNames.has(ref.name)) return true;
    if (allowedModels.length === 0) return !ref.isPath;
    // Compares the glob pattern with the absolute path and not with the path in the request. A path in the request
    // could contain "..": for example, "/models/../secret.bin" would match "/models/**".
    const { repository, revision } = parseRepositoryRef(ref.name);
    const isRevision = !ref.isPath && revision !== mainRevision;
    const name = ref.isPath || isRevision ? ref.name : repository;
    const names = [name, ref.name, formatModelRef({ ...ref, name })];
    return allowedModels
      .filter((glob) => !isRevision || glob.includes("@"))
      .some((glob) => names.some((one) => matchesGlob(glob, one)));
  }

  async #explain(misses: readonly Miss[], written: string, origin: Job["origin"]) {
    const [first] = misses;
    const best =
      misses.find(({ found }) => found.kind === "unsupported") ??
      misses.find(({ found }) => found.kind === "remote") ??
      misses.find(({ found }) => found.kind === "unavailable") ??
      first;
    if (best === undefined) throw new Error("expected a reading of the model's name");
    const { backends, modelDir, pull } = this.#options;
    const available = (await this.available(origin)).map(({ id }) => id);
    // The error message suggests only names that `origin` may use.
    const published = backends
      .flatMap(({ publishedModels }) => publishedModels)
      .filter((name) => origin === "operator" || this.#isAllowed(parseModelRef(name)));
    const names = best.found.kind === "unavailable" ? namesHere(best.ref.name) : [];
    const same = this.#allowedTo(origin, names.map(parseModelRef));
    return missError(best, {
      written,
      origin,
      available,
      published,
      sameModel: same.map(({ name }) => name),
      usable: await this.#usable(same, origin),
      backends,
      modelDir,
      canDownload: pull.downloads !== null,
    });
  }

  /** Returns the names of the models that `origin` can use now or after a download. */
  async #usable(refs: readonly ModelRef[], origin: Job["origin"]): Promise<readonly string[]> {
    const found = await Promise.all(
      refs.map(async (ref) => ({ ref, found: await this.#finder.find(ref) })),
    );
    return found
      .filter(
        ({ ref, found: one }) =>
          one.kind === "local" || this.#pullOf({ ref, found: one }, origin) !== null,
      )
      .map(({ ref }) => ref.name);
  }
}

// --- internal ---

/** A model on this machine, and the reference with which it was found. */
type Hit = { readonly ref: ModelRef } & Extract<Found, { kind: "local" }>;

/** Finds the model for the name in a request, and checks that the client may use the model. */
import { AsrError } from "../errors.ts";
import type { Job, ModelWait, ResolvedModel } from "../jobs/job.ts";
import { type FinderOptions, ModelFinder } from "./model-finder.ts";
import { ModelIds } from "./model-ids.ts";
import { diarizationError, type Miss, missError } from "./model-miss.ts";
import { listedAliases, meansDefaultModel, meansDiarization, readingsOf } from "./model-names.ts";
import { type PullOptions, Pulls } from "./pulls.ts";
import { formatModelRef, matchesGlob, type ModelRef, parseModelRef } from "./model-ref.ts";
import { clientRef, operatorRef } from "./written-refs.ts";

export interface CatalogOptions extends FinderOptions {
  /** Default model of the operator. Null means the starter model. */
  readonly defaultModel: string | null;
  /** Names and paths of models that the operator configured. Clients may request these models as well. */
  readonly operatorModels: readonly string[];
  /**
   * Glob patterns of the names and paths that clients may request. When the list is empty, clients may request every
   * name but no path.
   */
  readonly allowedModels: readonly string[];
  readonly pull: PullOptions;
}

const starterModel = "base";

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #ids: ModelIds;
  readonly #finder: ModelFinder;
  readonly #pulls: Pulls;
  /** References to the default model. Its name can have several meanings, and the best one comes first. */
  readonly #defaultRefs: readonly ModelRef[];
  readonly #otherRefs: readonly (readonly ModelRef[])[];
  /** Names and paths of the default model and the other models that the operator configured. */
  readonly #operatorNames: ReadonlySet<string>;

  constructor(options: CatalogOptions) {
    this.#options = options;
    const refsOf = (name: string): readonly ModelRef[] =>
      readingsOf(operatorRef(meansDefaultModel(name) ? starterModel : name, options.modelDir));
    this.#defaultRefs = refsOf(options.defaultModel ?? starterModel);
    this.#otherRefs = options.operatorModels.map((name) =>
      meansDefaultModel(name) ? this.#defaultRefs : refsOf(name),
    );
    const refs = [this.#defaultRefs, ...this.#otherRefs].flat();
    this.#operatorNames = new Set(refs.map(({ name }) => name));
    const names = refs.filter(({ isPath }) => !isPath).map(({ name }) => name);
    this.#ids = new ModelIds([starterModel, ...names]);
    // Ids are assigned in the order of the settings, so a model has the same id after a restart.
    for (const ref of refs) if (ref.isPath) this.#ids.idOf(ref);
    this.#finder = new ModelFinder(options, this.#ids);
    this.#pulls = new Pulls(options.pull);
  }

  /**
   * Returns the model for a name, and downloads it when necessary. Null means the default model. Throws AsrError
   * `model_not_found`, `model_not_allowed`, `unsupported_value` for a model that distinguishes speakers, or
   * `invalid_request` when several backends have the model.
   */
  async resolve(
    model: string | null,
    origin: Job["origin"],
    wait: ModelWait = { signal: never },
  ): Promise<ResolvedModel> {
    const refs = this.#refsOf(model, origin);
    const allowed = this.#allowedTo(origin, refs);
    if (allowed.length === 0) throw notAllowed(refs);
    const found = await this.#find(allowed);
    if ("model" in found) return found.model;
    const pulled = await this.#pull(found, origin, wait);
    if (pulled !== null) return pulled;
    throw await this.#explain(found, model ?? this.#options.defaultModel ?? starterModel, origin);
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
   * Returns OpenAI's names for the default model, except names that are the id of a model. Returns none when the
   * default model is not on this machine.
   */
  async aliases(): Promise<readonly Alias[]> {
    const found = await this.#find(this.#defaultRefs);
    if (!("model" in found)) return [];
    const { model } = found;
    return listedAliases.filter((id) => this.#ids.pathOf(id) === null).map((id) => ({ id, model }));
  }

  /**
   * Returns the first model on this machine to which one of the references refers. When there is none, returns the
   * reason for each reference.
   */
  async #find(
    refs: readonly ModelRef[],
  ): Promise<{ readonly model: ResolvedModel } | readonly Miss[]> {
    const misses: Miss[] = [];
    for (const ref of refs) {
      const found = await this.#finder.find(ref);
      if (found.kind === "local") return found;
      misses.push({ ref, found });
      if (found.kind === "ambiguous") break;
    }
    return misses;
  }

  /** Downloads the first missing model whose download is allowed. Returns null when no download is allowed. */
  async #pull(
    misses: readonly Miss[],
    origin: Job["origin"],
    wait: ModelWait,
  ): Promise<ResolvedModel | null> {
    for (const { ref, found } of misses) {
      if (found.kind !== "remote") continue;
      const isOperators =
        this.#operatorNames.has(ref.name) || this.#options.allowedModels.length > 0;
      const { remote, revision } = found;
      const pull = { remote, revision, name: formatModelRef(ref), isOperators, origin };
      if (!this.#pulls.mayPull(pull)) continue;
      await this.#pulls.pull(pull, wait);
      const again = await this.#finder.find(ref);
      if (again.kind === "local") return again.model;
    }
    return null;
  }

  #allowedTo(origin: Job["origin"], refs: readonly ModelRef[]): readonly ModelRef[] {
    return origin === "operator" ? refs : refs.filter((ref) => this.#isAllowed(ref));
  }

  /** Returns the references that a name can mean, the best one first. The list is never empty. */
  #refsOf(model: string | null, origin: Job["origin"]): readonly ModelRef[] {
    if (model === null) return this.#defaultRefs;
    const known = this.#ids.pathOf(model.trim());
    if (known !== null) return [known];
    if (meansDefaultModel(model)) return this.#defaultRefs;
    if (meansDiarization(model)) throw diarizationError(model.trim());
    if (origin === "operator") return readingsOf(operatorRef(model, this.#options.modelDir));
    const path = parseModelRef(model);
    const isUsablePath = path.isPath && this.#isAllowed(path);
    const refs = isUsablePath ? [path] : readingsOf(clientRef(model));
    return refs.map((ref) => this.#pathOfId(ref));
  }

  /** Returns the reference to the path that has the name as its id. When there is no such path, returns `ref`. */
  #pathOfId(ref: ModelRef): ModelRef {
    const path = ref.isPath ? null : this.#ids.pathOf(ref.name);
    return path === null ? ref : { ...path, backend: ref.backend ?? path.backend };
  }

  /**
   * Returns whether clients may use a model. They may use the operator's models, including the default model, and every
   * name and path that matches `allowedModels`. When `allowedModels` is empty, they may use every model by its name,
   * but no path except the operator's paths.
   */
  #isAllowed(ref: ModelRef): boolean {
    const { allowedModels } = this.#options;
    if (this.#operatorNames.has(ref.name)) return true;
    if (allowedModels.length === 0) return !ref.isPath;
    // The glob pattern is compared with the absolute path, because the path in the request could contain "..":
    // "/models/../secret.bin" would match "/models/**".
    const names = [ref.name, formatModelRef(ref)];
    return allowedModels.some((glob) => names.some((name) => matchesGlob(glob, name)));
  }

  async #explain(misses: readonly Miss[], written: string, origin: Job["origin"]) {
    const [first] = misses;
    const best =
      misses.find(({ found }) => found.kind === "ambiguous") ??
      misses.find(({ found }) => found.kind === "unsupported") ??
      misses.find(({ found }) => found.kind === "remote") ??
      first;
    if (best === undefined) throw new Error("expected a reading of the model's name");
    const { backends, modelDir } = this.#options;
    const available = (await this.available(origin)).map(({ id }) => id);
    // Suggest only names that `origin` may use.
    const published = backends
      .flatMap(({ publishedModels }) => publishedModels)
      .filter((name) => origin === "operator" || this.#isAllowed(parseModelRef(name)));
    return missError(best, { written, origin, available, published, backends, modelDir });
  }
}

// --- internal ---

/** A signal that never aborts. */
const never = new AbortController().signal;

interface Alias {
  readonly id: string;
  readonly model: ResolvedModel;
}

function notAllowed([ref]: readonly ModelRef[]): AsrError {
  const shown = ref === undefined || ref.isPath ? "by its path" : `"${formatModelRef(ref)}"`;
  const rule = ref?.isPath === true ? "did not allow that path" : "does not allow it";
  return new AsrError(
    "model_not_allowed",
    `Cannot use a model ${shown}: the operator of this server ${rule} (OPEN_ASR_SERVER_ALLOWED_MODELS)`,
    { param: "model" },
  );
}

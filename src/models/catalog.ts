/** Resolves the name of a model in a request, and checks that the client may use the model. */
import { AsrError } from "../errors.ts";
import type { Job, ResolvedModel } from "../jobs/job.ts";
import { type FinderOptions, ModelFinder } from "./model-finder.ts";
import { ModelIds } from "./model-ids.ts";
import { diarizationError, type Miss, missError } from "./model-miss.ts";
import { listedAliases, meansDefaultModel, meansDiarization, readingsOf } from "./model-names.ts";
import { formatModelRef, matchesGlob, type ModelRef, parseModelRef } from "./model-ref.ts";
import { clientRef, operatorRef } from "./written-refs.ts";

export interface CatalogOptions extends FinderOptions {
  /** The operator's default; null: the starter model. */
  readonly defaultModel: string | null;
  /** Names and paths that the operator configured: clients may request these models, too. */
  readonly operatorModels: readonly string[];
  /** Globs of names and paths that clients may request; empty: every name and no path. */
  readonly allowedModels: readonly string[];
}

const starterModel = "base";

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #ids: ModelIds;
  readonly #finder: ModelFinder;
  /** The default model, then the other models that the operator configured. */
  readonly #operatorRefs: readonly ModelRef[];

  constructor(options: CatalogOptions) {
    this.#options = options;
    const defaultModel = options.defaultModel ?? starterModel;
    this.#operatorRefs = [defaultModel, ...options.operatorModels].map((model) =>
      operatorRef(model, options.modelDir),
    );
    const names = this.#operatorRefs.filter(({ isPath }) => !isPath).map(({ name }) => name);
    this.#ids = new ModelIds([starterModel, ...names]);
    // Ids are assigned in the order of the settings, so they stay the same after a restart.
    for (const ref of this.#operatorRefs) if (ref.isPath) this.#ids.idOf(ref);
    this.#finder = new ModelFinder(options, this.#ids);
  }

  /**
   * Throws AsrError `model_not_found`, `model_not_allowed`, `unsupported_value` for a model that tells speakers apart, or
   * `invalid_request` when several backends have the model.
   */
  async resolve(model: string | null, origin: Job["origin"]): Promise<ResolvedModel> {
    const refs = this.#refsOf(model, origin);
    const allowed = origin === "operator" ? refs : refs.filter((ref) => this.#isAllowed(ref));
    const [first = notAllowed(refs)] = allowed;
    if (first instanceof AsrError) throw first;
    const misses: Miss[] = [];
    for (const ref of allowed) {
      const found = await this.#finder.find(ref);
      if (found.kind === "local") return found.model;
      misses.push({ ref, found });
      if (found.kind === "ambiguous") break;
    }
    throw await this.#explain(misses, model ?? formatModelRef(first), origin);
  }

  /** The models on this machine that `origin` may request: the starter model and the operator's models. */
  async available(origin: Job["origin"]): Promise<ResolvedModel[]> {
    const [first, ...others] = this.#operatorRefs;
    const refs = [first, parseModelRef(starterModel), ...others].filter((ref) => ref !== undefined);
    const allowed = refs.filter((ref) => origin === "operator" || this.#isAllowed(ref));
    const found = await Promise.all(allowed.map((ref) => this.#finder.find(ref)));
    const models = found.flatMap((result) => (result.kind === "local" ? [result.model] : []));
    return [...new Map(models.map((model) => [model.id, model])).values()];
  }

  /** OpenAI's names for the default model that no model has as its id; none when the default model is missing. */
  async aliases(): Promise<readonly { readonly id: string; readonly model: ResolvedModel }[]> {
    const [ref] = this.#operatorRefs;
    const found = ref && (await this.#finder.find(ref));
    if (found?.kind !== "local") return [];
    return listedAliases
      .filter((id) => this.#ids.pathOf(id) === null)
      .map((id) => ({ id, model: found.model }));
  }

  /** The references that a name may stand for, best first. At least one. */
  #refsOf(model: string | null, origin: Job["origin"]): readonly ModelRef[] {
    const [defaultRef = parseModelRef(starterModel)] = this.#operatorRefs;
    if (model === null) return [defaultRef];
    const known = this.#ids.pathOf(model.trim());
    if (known !== null) return [known];
    if (meansDefaultModel(model)) return [defaultRef];
    if (meansDiarization(model)) throw diarizationError(model.trim());
    if (origin === "operator") return readingsOf(operatorRef(model, this.#options.modelDir));
    const path = parseModelRef(model);
    const isUsablePath = path.isPath && this.#isAllowed(path);
    const refs = isUsablePath ? [path] : readingsOf(clientRef(model));
    return refs.map((ref) => this.#pathOfId(ref));
  }

  /** A name with a backend may be the id of a path, too. */
  #pathOfId(ref: ModelRef): ModelRef {
    const path = ref.isPath ? null : this.#ids.pathOf(ref.name);
    return path === null ? ref : { ...path, backend: ref.backend ?? path.backend };
  }

  /** Allowed: the operator's models (the default, too) and matches of `allowedModels`. If that list is empty, every name. */
  #isAllowed(ref: ModelRef): boolean {
    const { allowedModels } = this.#options;
    if (this.#operatorRefs.some(({ name }) => name === ref.name)) return true;
    if (allowedModels.length === 0) return !ref.isPath;
    // Match the resolved path, not the path in the request: "/models/../secret.bin" would match "/models/**".
    const names = [ref.name, formatModelRef(ref)];
    return allowedModels.some((glob) => names.some((name) => matchesGlob(glob, name)));
  }

  async #explain(misses: readonly Miss[], written: string, origin: Job["origin"]) {
    const [first] = misses;
    const best =
      misses.find(({ found }) => found.kind === "ambiguous") ??
      misses.find(({ found }) => found.kind === "remote") ??
      first;
    if (best === undefined) throw new Error("expected a reading of the model's name");
    const { backends, modelDir } = this.#options;
    const available = (await this.available(origin)).map(({ id }) => id);
    // Only names that `origin` may use are suggested.
    const published = backends
      .flatMap(({ publishedModels }) => publishedModels)
      .filter((name) => origin === "operator" || this.#isAllowed(parseModelRef(name)));
    return missError(best, { written, origin, available, published, backends, modelDir });
  }
}

// --- internal ---

function notAllowed([ref]: readonly ModelRef[]): AsrError {
  const shown = ref === undefined || ref.isPath ? "by its path" : `"${formatModelRef(ref)}"`;
  const rule = ref?.isPath === true ? "did not allow that path" : "does not allow it";
  return new AsrError(
    "model_not_allowed",
    `Cannot use a model ${shown}: the operator of this server ${rule} (OPEN_ASR_SERVER_ALLOWED_MODELS)`,
    { param: "model" },
  );
}

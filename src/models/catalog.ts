/** Resolves the name of a model in a request, and checks that the client may use the model. */
import { AsrError } from "../errors.ts";
import type { Job, ResolvedModel } from "../jobs/job.ts";
import { type FinderOptions, type Found, ModelFinder } from "./model-finder.ts";
import { ModelIds } from "./model-ids.ts";
import { formatModelRef, matchesGlob, type ModelRef, parseModelRef } from "./model-ref.ts";
import { nearestNames } from "./nearest-names.ts";

export interface CatalogOptions extends FinderOptions {
  /** The operator's default; null: the starter model. */
  readonly defaultModel: string | null;
  /** Names and paths that the operator configured. Clients may request these models as well. */
  readonly operatorModels: readonly string[];
  /** Globs of names and paths that clients may request; empty: every name and no path. */
  readonly allowedModels: readonly string[];
}

const starterModel = "base";

/** OpenAI's model names select the default model: many clients cannot send another name. */
const openAiModels = new Set([
  "whisper-1",
  "gpt-transcribe",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-mini-transcribe-2025-12-15",
]);

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #ids: ModelIds;
  readonly #finder: ModelFinder;
  /** The default model, then the other models that the operator configured. */
  readonly #operatorRefs: readonly ModelRef[];

  constructor(options: CatalogOptions) {
    this.#options = options;
    const defaultModel = options.defaultModel ?? starterModel;
    this.#operatorRefs = [defaultModel, ...options.operatorModels].map(parseModelRef);
    const names = this.#operatorRefs.filter(({ isPath }) => !isPath).map(({ name }) => name);
    this.#ids = new ModelIds([starterModel, ...names]);
    // Ids are assigned in the order of the settings, so they stay the same after a restart.
    for (const ref of this.#operatorRefs) if (ref.isPath) this.#ids.idOf(ref);
    this.#finder = new ModelFinder(options, this.#ids);
  }

  /** Throws AsrError `model_not_found`, `model_not_allowed`, or `invalid_request` when several backends have the model. */
  async resolve(model: string | null, origin: Job["origin"]): Promise<ResolvedModel> {
    const ref = this.#refOf(model);
    if (origin === "client") this.#requireAllowed(ref);
    const found = await this.#finder.find(ref);
    if (found.kind === "local") return found.model;
    // The server makes a client's path absolute, which can reveal its folders. So the message for a client omits the path.
    const shown = ref.isPath && origin === "client" ? "at this path" : `"${formatModelRef(ref)}"`;
    throw await this.#explain(shown, { ref, found, origin });
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

  #refOf(model: string | null): ModelRef {
    const [defaultRef] = this.#operatorRefs;
    if (model === null || openAiModels.has(model)) return defaultRef ?? parseModelRef(starterModel);
    const path = this.#ids.pathOf(model.trim());
    if (path !== null) return path;
    const ref = parseModelRef(model);
    const prefixed = ref.backend === null ? null : this.#ids.pathOf(ref.name);
    return prefixed === null ? ref : { ...prefixed, backend: ref.backend };
  }

  /**
   * Clients may use the operator's models, including the default, and every name and path that matches `allowedModels`.
   * When `allowedModels` is empty, clients may use every model by its name, but no path except the operator's paths.
   */
  #isAllowed(ref: ModelRef): boolean {
    const { allowedModels } = this.#options;
    if (this.#operatorRefs.some(({ name }) => name === ref.name)) return true;
    if (allowedModels.length === 0) return !ref.isPath;
    // Match the resolved path, not the path in the request: "/models/../secret.bin" would match "/models/**".
    const names = [ref.name, formatModelRef(ref)];
    return allowedModels.some((glob) => names.some((name) => matchesGlob(glob, name)));
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

  async #explain(shown: string, { ref, found, origin }: Miss): Promise<AsrError> {
    if (found.kind === "ambiguous") {
      const candidates = found.candidates.join(", ");
      return invalidModel(
        "invalid_request",
        `Cannot choose a backend for model ${shown}: use one of ${candidates}`,
      );
    }
    const available = await this.available(origin);
    const ids = available.map(({ id }) => `"${id}"`).join(", ");
    const reason = found.kind === "not-found" ? found.reason : "its files are not on this machine";
    const near =
      found.kind === "remote" || ref.isPath ? [] : this.#nearest(ref.name, available, origin);
    const suggestion = near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
    return invalidModel(
      "model_not_found",
      `Cannot find model ${shown}: ${reason}.${suggestion} Available: ${ids}. ${installHint(found)}`,
    );
  }

  /** Suggests only names that `origin` may use. */
  #nearest(name: string, available: readonly ResolvedModel[], origin: Job["origin"]): string[] {
    const published = this.#options.backends
      .flatMap(({ publishedModels }) => publishedModels)
      .filter((one) => origin === "operator" || this.#isAllowed(parseModelRef(one)));
    const known = [...available.map(({ id }) => id), ...published];
    return nearestNames(name, known).map((one) => `"${one}"`);
  }
}

// --- internal ---

interface Miss {
  readonly ref: ModelRef;
  readonly found: Exclude<Found, { kind: "local" }>;
  readonly origin: Job["origin"];
}

function installHint(found: Found): string {
  const use =
    "start the server with --model /path/to/model, or put the model into a folder, as ggml-NAME.bin or under the name of " +
    "its repository, and start the server with OPEN_ASR_SERVER_MODEL_DIR=/path/to/folder";
  if (found.kind === "remote") {
    const { repository, files } = found.remote;
    return `Download the model (${files.join(", ")} of the model repository ${repository}); then ${use}`;
  }
  return `For other models, download a ggml file of whisper.cpp, or a folder of a model converted for CTranslate2; then ${use}`;
}

function invalidModel(code: "invalid_request" | "model_not_found", message: string): AsrError {
  return new AsrError(code, message, { param: "model" });
}

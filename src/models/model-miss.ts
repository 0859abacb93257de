/**
 * Creates the error for a model that cannot be used. The error message contains the reason and a remedy, for example the
 * name of another model.
 */
import { basename, dirname, resolve } from "node:path";
import { AsrError } from "../errors.ts";
import type { Job } from "../jobs/job.ts";
import type { Backend, RemoteModel } from "./backends/backend.ts";
import { downloadAdvice } from "./download-advice.ts";
import type { Found } from "./model-finder.ts";
import { meansDiarization, modelOfGgmlFile } from "./model-names.ts";
import { formatModelRef, type ModelRef } from "./model-ref.ts";
import { nearestNames } from "./nearest-names.ts";
import { unsupportedKind } from "./unsupported-kinds.ts";

export interface Miss {
  readonly ref: ModelRef;
  readonly found: Exclude<Found, { kind: "local" }>;
}

export interface MissContext {
  /** Name of the model in the form that the user wrote. */
  readonly written: string;
  readonly origin: Job["origin"];
  /** Ids of the models on this machine. Contains only models that the sender of the request may use. */
  readonly available: readonly string[];
  /** Names of published models. Contains only models that the sender of the request may use. */
  readonly published: readonly string[];
  /** Names of the same model for the backends of this server. Contains only names that the sender may use. */
  readonly sameModel: readonly string[];
  /** Names in `sameModel` that can be used now, because their files are on this machine or can be downloaded. */
  readonly usable: readonly string[];
  readonly backends: readonly Backend[];
  readonly modelDir: string | null;
  /** Whether this program can reach the hub and has a folder for downloads. */
  readonly canDownload: boolean;
}

/**
 * Returns the error for a missing model. The message for a client has two short sentences. The message for an operator
 * can also contain a command, a path or a web address.
 */
export function missError({ ref, found }: Miss, context: MissContext): AsrError {
  const { origin, written } = context;
  if (!ref.isPath && meansDiarization(ref.name)) return diarizationError(formatModelRef(ref));
  // The message for a client must not contain an absolute path. If the client sent a relative path, `ref` contains the
  // absolute path, and only the operator may see it.
  const name = ref.isPath ? formatModelRef(ref) : written;
  const other = pathInModelDir(ref, context);
  const names = other === null ? inQuotes(name) : `${inQuotes(name)} or ${inQuotes(other)}`;
  const shown = ref.isPath && origin === "client" ? "at this path" : names;
  if (found.kind === "unavailable") {
    const { id, reason } = found.engine;
    return invalidModel(
      "backend_unavailable",
      `Cannot run model ${shown}: its backend ${id} is not available here: ${reason}. ${otherBackend(context)}`,
    );
  }
  const { reason, remedy } = explain({ ref, found }, context);
  return invalidModel("model_not_found", `Cannot find model ${shown}: ${reason}. ${remedy}`);
}

/**
 * Returns the error for OpenAI's model that distinguishes speakers. The default model is not used instead, because a
 * transcript without speakers would look right but be wrong.
 */
export function diarizationError(name: string): AsrError {
  return invalidModel(
    "unsupported_value",
    `Cannot use model "${name}": diarization (telling speakers apart) is not available on this server. ` +
      'Use "whisper-1" for a transcript without speakers',
  );
}

/** Returns the error for a model that the operator does not allow. */
export function notAllowedError([ref]: readonly ModelRef[]): AsrError {
  const shown = ref === undefined || ref.isPath ? "by its path" : `"${formatModelRef(ref)}"`;
  const rule = ref?.isPath === true ? "did not allow that path" : "does not allow it";
  return new AsrError(
    "model_not_allowed",
    `Cannot use a model ${shown}: the operator of this server ${rule} (OPEN_ASR_SERVER_ALLOWED_MODELS)`,
    { param: "model" },
  );
}

// --- internal ---

interface Explanation {
  readonly reason: string;
  readonly remedy: string;
}

const idsShownMax = 5;

/** Returns the advice for a model whose backend is missing. Names the same model for another backend, if there is one. */
function otherBackend(context: MissContext): string {
  const { sameModel, usable } = context;
  if (usable.length > 0) return `Use ${anyOf(usable)}`;
  if (sameModel.length === 0) return useAnother(context);
  const name = `This server runs the same model as ${anyOf(sameModel)}`;
  return `${name}, but its files are not on this machine. ${useAnother(context)}`;
}

function explain(
  { ref, found }: { ref: ModelRef; found: Exclude<Miss["found"], { kind: "unavailable" }> },
  context: MissContext,
): Explanation {
  if (found.kind === "remote") {
    return notDownloaded(found.remote, { ...context, written: formatModelRef(ref) });
  }
  const name = ref.isPath ? basename(ref.name) : ref.name;
  const kind = found.kind === "unsupported" ? found.models : unsupportedKind(name);
  if (kind !== null) return { reason: kindReason(kind, context), remedy: useAnother(context) };
  const reason = found.kind === "not-found" ? found.reason : "";
  return { reason, remedy: ref.isPath ? forPath(ref.name, context) : forName(ref, context) };
}

/**
 * Returns the second path that was searched, which is in the model folder. Null when only the path of `ref` was
 * searched.
 */
function pathInModelDir(
  { backend, name, isPath }: ModelRef,
  { written, modelDir }: MissContext,
): string | null {
  const file = written.trim().slice(backend === null ? 0 : backend.length + 1);
  return isPath && modelDir !== null && file === basename(name) ? resolve(modelDir, file) : null;
}

function notDownloaded(remote: RemoteModel, context: MissContext): Explanation {
  const reason = "its files are not on this machine";
  if (context.origin === "operator") {
    return { reason, remedy: downloadAdvice(remote, { ...context, name: context.written }) };
  }
  const { files, folder, repository } = remote;
  const what = folder === null ? `${files.join(", ")} of ` : "";
  const ask = `ask the operator to download ${what}the model repository ${repository}`;
  return { reason, remedy: `${useText(context)}, or ${ask}` };
}

/**
 * Returns the advice for a path that cannot be used. If the path has the file name of a published model, advises the
 * operator to download this model.
 */
function forPath(path: string, context: MissContext): string {
  const model = modelOfGgmlFile(basename(path));
  if (context.origin === "client" || model === null) return useAnother(context);
  const remotes = context.backends.map(({ remote }) => remote?.(model) ?? null);
  const remote = remotes.find((one) => one?.folder === null) ?? null;
  if (remote === null) return useAnother(context);
  return downloadAdvice(remote, { ...context, name: model, modelDir: dirname(path) });
}

function forName({ backend, name }: ModelRef, context: MissContext): string {
  const known = context.backends.map(({ id }) => id);
  const backends = backend === null || known.includes(backend) ? [] : nearestNames(backend, known);
  const near =
    backends.length > 0
      ? backends.map((id) => `${id}:${name}`)
      : nearestNames(name, [...context.available, ...context.published]);
  if (near.length === 0) return useAnother(context);
  return `Did you mean ${anyOf(near)}?`;
}

/**
 * Returns the reason for an unsupported kind of model. For the operator, the reason lists the backends and the models
 * that each backend runs.
 */
function kindReason(kind: string, { backends, origin }: MissContext): string {
  if (origin === "client") return `no backend of this server runs ${kind}`;
  const runs = backends
    .filter(({ storage }) => storage !== "none")
    .map(({ id, expectedPath }) => `${id} needs ${expectedPath}`);
  return `no backend runs ${kind}; ${runs.join(", ")}`;
}

function useAnother(context: MissContext): string {
  if (context.origin === "client") return useText(context);
  return `${useText(context)}, or give the path of a model: --model /path/to/model`;
}

function useText({ available }: MissContext): string {
  const shown = available.slice(0, idsShownMax).map(inQuotes).join(", ");
  const more = available.length > idsShownMax ? " (GET /v1/models lists all models)" : "";
  return available.length === 1 ? `Use ${shown}` : `Use one of ${shown}${more}`;
}

function anyOf(names: readonly string[]): string {
  return names.map(inQuotes).join(" or ");
}

function inQuotes(name: string): string {
  return `"${name}"`;
}

function invalidModel(
  code: "backend_unavailable" | "model_not_found" | "unsupported_value",
  message: string,
): AsrError {
  return new AsrError(code, message, { param: "model" });
}

/** The error for a model that cannot be used: what is wrong, and one thing to do. */
import { basename, dirname } from "node:path";
import { AsrError } from "../errors.ts";
import type { Job } from "../jobs/job.ts";
import type { Backend, RemoteModel } from "./backends/backend.ts";
import { downloadAdvice } from "./download-advice.ts";
import type { Found } from "./model-finder.ts";
import { modelOfGgmlFile } from "./model-names.ts";
import { formatModelRef, type ModelRef } from "./model-ref.ts";
import { nearestNames } from "./nearest-names.ts";
import { unsupportedKind } from "./unsupported-kinds.ts";

export interface Miss {
  readonly ref: ModelRef;
  readonly found: Exclude<Found, { kind: "local" }>;
}

export interface MissContext {
  /** As the user wrote it. */
  readonly written: string;
  readonly origin: Job["origin"];
  /** Ids of the models on this machine that `origin` may use. */
  readonly available: readonly string[];
  /** Further names that `origin` may use. */
  readonly published: readonly string[];
  readonly backends: readonly Backend[];
  readonly modelDir: string | null;
}

/** A client gets two short sentences; an operator gets the command, path or address. */
export function missError({ ref, found }: Miss, context: MissContext): AsrError {
  const { origin, written } = context;
  // Paths are private to the operator: the message does not repeat a client's path, which the server made absolute.
  const name = ref.isPath ? formatModelRef(ref) : written;
  const shown = ref.isPath && origin === "client" ? "at this path" : `"${name}"`;
  if (found.kind === "ambiguous") {
    const candidates = found.candidates.join(", ");
    return invalidModel(
      "invalid_request",
      `Cannot choose a backend for model ${shown}: use one of ${candidates}`,
    );
  }
  const { reason, remedy } = explain({ ref, found }, context);
  return invalidModel("model_not_found", `Cannot find model ${shown}: ${reason}. ${remedy}`);
}

/** OpenAI's model for this purpose: an answer without speakers would look right and be wrong. */
export function diarizationError(name: string): AsrError {
  return invalidModel(
    "unsupported_value",
    `Cannot use model "${name}": diarization (telling speakers apart) is not available on this server. ` +
      'Use "whisper-1" for a transcript without speakers',
  );
}

// --- internal ---

interface Explanation {
  readonly reason: string;
  readonly remedy: string;
}

const idsShownMax = 5;

function explain({ ref, found }: Miss, context: MissContext): Explanation {
  if (found.kind === "remote") return notDownloaded(found.remote, context);
  const why = found.kind === "not-found" ? found.reason : "";
  const kind = kindReason(ref.name, context);
  if (kind !== null) return { reason: kind, remedy: useAnother(context) };
  const remedy = ref.isPath ? forPath(ref.name, context) : forName(ref.name, context);
  return { reason: why, remedy };
}

function notDownloaded(remote: RemoteModel, context: MissContext): Explanation {
  const reason = "its files are not on this machine";
  if (context.origin === "operator") {
    return { reason, remedy: downloadAdvice(remote, context.modelDir) };
  }
  const { files, repository } = remote;
  const remedy = `${useText(context)}, or ask the operator to download ${files.join(", ")} of the model repository ${repository}`;
  return { reason, remedy };
}

/** The download, when the operator's missing file has the name of a published model. */
function forPath(path: string, context: MissContext): string {
  const model = modelOfGgmlFile(basename(path));
  if (context.origin === "client" || model === null) return useAnother(context);
  const remotes = context.backends.map(({ remote }) => remote?.(model) ?? null);
  const remote = remotes.find((one) => one?.folder === null) ?? null;
  return remote === null ? useAnother(context) : downloadAdvice(remote, dirname(path));
}

function forName(name: string, context: MissContext): string {
  const near = nearestNames(name, [...context.available, ...context.published]);
  if (near.length === 0) return useAnother(context);
  return `Did you mean ${near.map(inQuotes).join(" or ")}?`;
}

/** The reason when no backend can run models of this kind; it names the backends and what each one runs. */
function kindReason(name: string, { backends, origin }: MissContext): string | null {
  const kind = unsupportedKind(name);
  if (kind === null) return null;
  if (origin === "client") return `no backend of this server runs ${kind}, only Whisper models`;
  const runs = backends
    .filter(({ form }) => form !== "name")
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

function inQuotes(name: string): string {
  return `"${name}"`;
}

function invalidModel(
  code: "invalid_request" | "model_not_found" | "unsupported_value",
  message: string,
): AsrError {
  return new AsrError(code, message, { param: "model" });
}

/**
 * Lists the backends of the Python server for which this server has no engine on some or all platforms, so that error
 * messages can suggest another model.
 */
import type { BackendEntry } from "../../jobs/job.ts";
import { otherNames } from "../model-names.ts";
import { matchesGlob } from "../model-ref.ts";
import { backendNames, type BackendNames } from "./backend-names.ts";
import { publishedModel } from "./transcribe-cpp-models.ts";

export interface MissingEngine extends BackendNames {
  readonly displayName: string;
  /** Reason why the backend is missing. It completes the error message "its backend ... is not available here: ...". */
  readonly reason: string;
  /** What the operator can use in place of the backend. Absent when this server has nothing of this kind. */
  readonly instead?: string;
}

const mlxOnMacs =
  "it needs MLX, Apple's library for its GPUs, which only the executable for Macs contains";

const whisperInstead =
  "whisper-cpp and faster-whisper run the same models under OpenAI's names, such as small";

const engines: readonly MissingEngine[] = [
  {
    ...backendNames.parakeetMlx,
    displayName: "Parakeet (MLX)",
    reason: mlxOnMacs,
    instead: "transcribe-cpp runs the same models under the same names",
  },
  {
    ...backendNames.whisperMlx,
    displayName: "Whisper (MLX)",
    reason: mlxOnMacs,
    instead: whisperInstead,
  },
  {
    ...backendNames.lightningWhisperMlx,
    displayName: "Lightning Whisper (MLX)",
    reason: mlxOnMacs,
    instead: whisperInstead,
  },
  { ...backendNames.kyutaiMlx, displayName: "Kyutai (MLX)", reason: mlxOnMacs },
];

/** Returns the backends of the Python server that are not in `backends`, the backends of this server. */
export function missingEngines(
  backends: readonly { readonly id: string }[],
): readonly MissingEngine[] {
  return engines.filter(({ id }) => !backends.some((backend) => backend.id === id));
}

/** Returns entries of the missing backends for the list of all backends. */
export function missingEntries(
  backends: readonly { readonly id: string }[],
): readonly BackendEntry[] {
  return missingEngines(backends).map((engine) => ({
    id: engine.id,
    displayName: engine.displayName,
    unavailable: unavailableText(engine),
    devices: [],
    capabilities: [],
    models: [],
  }));
}

/** Returns the reason why the backend is missing, and what to use in its place. */
export function unavailableText({ reason, instead }: MissingEngine): string {
  return instead === undefined ? reason : `${reason}; ${instead}`;
}

/** Returns the backend with this id or alias among those that this server may lack. Undefined for any other id. */
export function missingEngine(id: string): MissingEngine | undefined {
  return engines.find((one) => one.id === id || one.aliases.includes(id));
}

/**
 * Returns the backend that accepts this model name on the Python server, among those that this server may lack. Undefined
 * when there is none. A backend that this server has may accept the same name.
 */
export function missingEngineOf(model: string): MissingEngine | undefined {
  return engines.find(({ patterns }) => patterns.some((glob) => matchesGlob(glob, model)));
}

/**
 * Returns the names of the same model for the backends of this server, for example `small` for
 * `mlx-community/whisper-small-mlx-4bit`. Empty for a model that no backend of this server runs.
 */
export function namesHere(model: string): readonly string[] {
  if (publishedModel(model) !== null) return [model.replace(/^.*\//u, "")];
  const size = model
    .replace(/^mlx-community\//u, "")
    .replace(/^lightning-whisper-/u, "")
    .replace(/-(?:mlx|fp16|fp32|bf16|[248]bit|q[248])(?=-|$)/gu, "");
  return otherNames(size);
}

/** The backends of the Python server for which this server has no engine, so that their users learn what to use instead. */
import type { BackendEntry } from "../../jobs/job.ts";
import { otherNames } from "../model-names.ts";
import { matchesGlob } from "../model-ref.ts";
import { backendNames, type BackendNames } from "./backend-names.ts";

export interface MissingEngine extends BackendNames {
  readonly displayName: string;
  /** Completes the sentence "the backend ... cannot run here: ...". */
  readonly reason: string;
}

const mlx = "it needs MLX, Apple's library for its GPUs, which this server does not contain";

export const missingEngines: readonly MissingEngine[] = [
  { ...backendNames.parakeetMlx, displayName: "Parakeet (MLX)", reason: mlx },
  { ...backendNames.whisperMlx, displayName: "Whisper (MLX)", reason: mlx },
  { ...backendNames.lightningWhisperMlx, displayName: "Lightning Whisper (MLX)", reason: mlx },
  { ...backendNames.kyutaiMlx, displayName: "Kyutai (MLX)", reason: mlx },
];

/** For the list of all backends. */
export const missingEntries: readonly BackendEntry[] = missingEngines.map(
  ({ id, displayName, reason }) => ({
    id,
    displayName,
    unavailable: reason,
    devices: [],
    capabilities: [],
    models: [],
  }),
);

/** The backend with this id or alias; undefined when this server has it, or when it is unknown. */
export function missingEngine(id: string): MissingEngine | undefined {
  return missingEngines.find((one) => one.id === id || one.aliases.includes(id));
}

/** The backend that accepts this model name on the Python server. */
export function missingEngineOf(model: string): MissingEngine | undefined {
  return missingEngines.find(({ patterns }) => patterns.some((glob) => matchesGlob(glob, model)));
}

/**
 * Names of the same Whisper model for the backends of this server, for example `small` for `mlx-community/whisper-small-mlx-4bit`;
 * none for a model of another kind.
 */
export function namesHere(model: string): readonly string[] {
  const size = model
    .replace(/^mlx-community\//u, "")
    .replace(/^lightning-whisper-/u, "")
    .replace(/-(?:mlx|fp16|fp32|bf16|[248]bit|q[248])(?=-|$)/gu, "");
  return otherNames(size);
}

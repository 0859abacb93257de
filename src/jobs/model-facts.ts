/** Defines facts about models. These facts do not include whether a model is loaded. */
import type { Capabilities } from "../ipc/capabilities.ts";

/** Number formats of weights. */
export const precisions = [
  "fp32",
  "fp16",
  "bf16",
  "int16",
  "int8",
  "int6",
  "int5",
  "int4",
] as const;
export type Precision = (typeof precisions)[number];

/**
 * Facts about a model, or about all models whose names match a pattern of a backend. A fact is null when it is unknown.
 */
export interface ModelMetadata {
  /** Id of the model, or the pattern of model names. */
  readonly id: string;
  readonly isPattern: boolean;
  readonly backend: string;
  readonly family: string | null;
  readonly parameters: number | null;
  readonly precision: Precision | null;
  readonly diskBytes: number | null;
  readonly weightsBytes: number | null;
  /** Estimated memory in bytes of a process that runs the model with one lane. */
  readonly memoryBytesMin: number | null;
  readonly devices: readonly string[];
  readonly platforms: readonly string[];
  readonly capabilities: Capabilities | null;
  readonly notes: string | null;
  /** Reason why the backend cannot run on this machine. Null when the backend can run. */
  readonly unavailable: string | null;
}

/** A model whose files are on this machine after the download. */
export interface PulledModel {
  readonly model: string;
  /**
   * The repository of the model on the hub. Null when the model does not come from the hub, because it is embedded or
   * is a file of the operator.
   */
  readonly repository: {
    readonly name: string;
    readonly commit: string;
    readonly license: string | null;
  } | null;
  readonly bytes: number;
}

/** Numbers of unloaded and downloaded models since the start of the server. */
export interface ModelCounts {
  /**
   * Number of models that were unloaded for each reason. "idle": the model was not used for long. "memory": another
   * model needed the memory. "request": the operator requested it.
   */
  readonly unloads: Readonly<Record<"idle" | "memory" | "request", number>>;
  readonly downloads: Readonly<Record<"done" | "failed", number>>;
}

/** Facts about models for the operator, beside the state of the loaded ones. */
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

/** Facts about a model, or about all models that a backend's pattern matches. Null: unknown. */
export interface ModelMetadata {
  /** Id of the model, or the pattern. */
  readonly id: string;
  readonly isPattern: boolean;
  readonly backend: string;
  readonly family: string | null;
  readonly parameters: number | null;
  readonly precision: Precision | null;
  readonly diskBytes: number | null;
  readonly weightsBytes: number | null;
  /** Estimated memory of its process with one lane. */
  readonly memoryBytesMin: number | null;
  readonly devices: readonly string[];
  readonly platforms: readonly string[];
  readonly capabilities: Capabilities | null;
  readonly notes: string | null;
  /** Why its backend cannot run on this machine. */
  readonly unavailable: string | null;
}

/** A model whose files are on this machine now. */
export interface PulledModel {
  readonly model: string;
  /** Null when the model does not come from the hub: it is embedded, or the operator's own file. */
  readonly repository: {
    readonly name: string;
    readonly commit: string;
    readonly license: string | null;
  } | null;
  readonly bytes: number;
}

/** Counts since the start of the server. */
export interface ModelCounts {
  /** Models that were unloaded: idle for long, to make room for another one, or on request. */
  readonly unloads: Readonly<Record<"idle" | "memory" | "request", number>>;
  readonly downloads: Readonly<Record<"done" | "failed", number>>;
}

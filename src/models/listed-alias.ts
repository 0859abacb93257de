/** Entries of aliases for the list of all models. */
import type { ResolvedModel } from "../jobs/job.ts";
import type { Miss } from "./model-miss.ts";

export interface ListedAlias {
  readonly id: string;
  readonly backend: string;
  /** The model on this machine. Null when the model is not on this machine. */
  readonly model: ResolvedModel | null;
}

/** Returns the entry for an alias. Null when its model is neither on this machine nor on the hub. */
export function listedAlias(
  id: string,
  found: { readonly model: ResolvedModel } | readonly Miss[],
): ListedAlias | null {
  if ("model" in found) return { id, backend: found.model.backend, model: found.model };
  const remote = found.map((miss) => miss.found).find((one) => one.kind === "remote");
  return remote === undefined ? null : { id, backend: remote.backend, model: null };
}

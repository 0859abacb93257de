/** Rejects a model that cannot perform the task of a request, before the model is downloaded or loaded. */
import { requireTranslation } from "../ipc/capabilities.ts";
import type { ResolvedModel } from "../jobs/job.ts";
import type { Task } from "../transcript/transcript.ts";
import type { Miss } from "./model-miss.ts";
import { formatModelRef } from "./model-ref.ts";

/**
 * Throws AsrError `unsupported_value` when the task is a translation and the model cannot translate. If the model must
 * be loaded before its capabilities are known, accepts the model.
 */
export function requireTask(
  task: Task,
  found: { readonly model: ResolvedModel } | readonly Miss[],
): void {
  if (task !== "translate") return;
  if ("model" in found) {
    const { id, capabilities } = found.model;
    if (capabilities !== null) requireTranslation(capabilities, id);
    return;
  }
  const remotes = found.flatMap(({ ref, found: one }) =>
    one.kind === "remote" ? [{ ref, translates: one.remote.translates }] : [],
  );
  const [first] = remotes;
  // A name can refer to several models. The name is accepted if one of these models can translate, or may be able to.
  if (first === undefined || remotes.some(({ translates }) => translates !== false)) return;
  requireTranslation({ translate: false }, formatModelRef(first.ref));
}

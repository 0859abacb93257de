/**
 * Determines where the files of a model on this machine are: in the executable, in the folder of models, in the cache,
 * or elsewhere.
 */
import { relative } from "node:path";
import type { ResolvedModel } from "../../jobs/job.ts";
import type { Config } from "../../settings/config.ts";

export type Origin = "embedded" | "model_folder" | "hub_cache" | "path";

export const originTexts: Readonly<Record<Origin, string>> = {
  embedded: "the executable",
  model_folder: "model folder",
  hub_cache: "model cache",
  path: "its path",
};

export function originOf(
  { source }: ResolvedModel,
  { modelDir, hubCacheFolder }: Pick<Config, "modelDir" | "hubCacheFolder">,
): Origin {
  if ("embedded" in source) return "embedded";
  if (isInside(source.path, modelDir)) return "model_folder";
  return isInside(source.path, hubCacheFolder) ? "hub_cache" : "path";
}

/** Returns the path of a model. Null for a model that is part of the executable. */
export function pathOf({ source }: ResolvedModel): string | null {
  return "path" in source ? source.path : null;
}

// --- internal ---

function isInside(path: string, folder: string | null): boolean {
  return folder !== null && !/^(?:\.\.(?:[/\\]|$)|[/\\]|[A-Za-z]:)/u.test(relative(folder, path));
}

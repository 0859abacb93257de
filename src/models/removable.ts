/** Determines which files of the cache belong to a model that is removed. */
import { AsrError } from "../errors.ts";
import type { LocatedModel } from "./catalog.ts";
import { cachePlace } from "./hub/cache-place.ts";
import { mainRevision } from "./hub/hub.ts";
import type { RemovableModel } from "./hub/remove.ts";

/**
 * Describes the files of a model for `removeModel`. Error messages contain `name`. Throws AsrError
 * `model_not_removable` for a model outside the cache.
 */
export function removableModel(
  name: string,
  { model, source }: LocatedModel,
  cacheFolder: string | null,
): RemovableModel {
  if (model === null) {
    // The model is missing or incomplete on this machine. An interrupted download may have left files in the cache.
    // Selects these files.
    if (source === null) throw new Error("expected a model on this machine or its repository");
    const { remote, revision } = source;
    return { repository: remote.repository, revision, files: remote.files };
  }
  if ("embedded" in model.source) {
    throw notRemovable(`Cannot remove "${name}": it is part of the executable`);
  }
  const { path } = model.source;
  const place = cacheFolder === null ? null : cachePlace(cacheFolder, path);
  if (place === null) {
    throw notRemovable(
      `Cannot remove "${name}": this program did not download it`,
      `Cannot remove "${name}": this program did not download it. Delete ${path} yourself`,
    );
  }
  const { repository } = place;
  const isSource = source?.remote.repository === repository;
  // A model is a file, or all files of a folder.
  const files = place.path === "" ? ["**"] : [place.path, `${place.path}/**`];
  return {
    repository,
    revision: isSource ? source.revision : mainRevision,
    files: isSource ? source.remote.files : files,
  };
}

// --- internal ---

function notRemovable(message: string, operatorMessage = message): AsrError {
  return new AsrError("model_not_removable", message, { param: "model", operatorMessage });
}

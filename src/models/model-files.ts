/** Downloads and deletes the files of models when the operator asks for it. */
import { sep } from "node:path";
import { AsrError } from "../errors.ts";
import type { ModelWait, ResolvedModel } from "../jobs/job.ts";
import type { PulledModel } from "../jobs/model-facts.ts";
import { unlessAborted } from "../platform/abort.ts";
import type { Catalog } from "./catalog.ts";
import type { Downloads } from "./hub/downloads.ts";
import { repositoryFolder } from "./hub/hub.ts";
import { removeModel } from "./hub/remove.ts";
import type { RepositoryFiles } from "./model-finder.ts";

interface ModelFilesOptions {
  readonly catalog: Catalog;
  /** Null when downloads are not possible: no cache folder, or offline. */
  readonly downloads: Downloads | null;
  readonly hubCacheFolder: string | null;
}

export class ModelFiles {
  readonly #options: ModelFilesOptions;

  constructor(options: ModelFilesOptions) {
    this.#options = options;
  }

  /**
   * Downloads the newest files of a model, whatever the policy for downloads on request says. A model that does not come
   * from the hub stays as it is. The download goes on when the caller leaves.
   */
  async pull(name: string, { signal, onProgress }: ModelWait): Promise<PulledModel> {
    const { catalog, downloads } = this.#options;
    const { model: known, files } = await catalog.locate(name);
    if (files === null || (known !== null && !this.#isInCache(known, files))) {
      return { model: known?.id ?? name, repository: null, bytes: known?.bytes ?? 0 };
    }
    if (downloads === null) throw offline(files);
    const download = downloads.start(files);
    using _follower = download.follow(onProgress ?? (() => undefined));
    if (download.progress.state !== "listing") onProgress?.(download.progress);
    const { commit, bytes, license } = await unlessAborted(download.result, signal);
    catalog.forget(files);
    const { id } = await catalog.resolve(name, "client", null);
    const { repository } = files;
    return { model: id, repository: { name: repository, commit, license }, bytes };
  }

  /** Throws AsrError `model_not_removable` when this server did not download the files. */
  async remove(model: ResolvedModel, files: RepositoryFiles | null): Promise<void> {
    const { hubCacheFolder, catalog } = this.#options;
    const isDownloaded = files !== null && this.#isInCache(model, files);
    if (!isDownloaded || hubCacheFolder === null) throw notDownloaded(model);
    try {
      await removeModel(hubCacheFolder, files, { force: false });
    } finally {
      catalog.forget(files);
    }
  }

  #isInCache({ source }: ResolvedModel, { repository }: RepositoryFiles): boolean {
    const { hubCacheFolder } = this.#options;
    if (hubCacheFolder === null || !("path" in source)) return false;
    return source.path.startsWith(`${repositoryFolder(hubCacheFolder, repository)}${sep}`);
  }
}

// --- internal ---

function offline({ repository }: RepositoryFiles): AsrError {
  return new AsrError(
    "model_download_failed",
    `Cannot download model ${repository}: this server works offline`,
    {
      param: "model",
      operatorMessage: `Cannot download model ${repository}: HF_HUB_OFFLINE is set, or there is no folder for downloads (HF_HUB_CACHE)`,
    },
  );
}

function notDownloaded({ id, source }: ResolvedModel): AsrError {
  const why =
    "embedded" in source ? "it is part of the server's program" : "this server did not download it";
  return new AsrError("model_not_removable", `Cannot delete model "${id}": ${why}`, {
    param: "model",
  });
}

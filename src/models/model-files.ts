/** Downloads and deletes the files of models. The operator requests this from the running server. */
import { AsrError } from "../errors.ts";
import type { ModelWait, ResolvedModel } from "../jobs/job.ts";
import type { PulledModel } from "../jobs/model-facts.ts";
import { unlessAborted } from "../platform/abort.ts";
import type { Catalog, LocatedModel } from "./catalog.ts";
import { cachePlace } from "./hub/cache-place.ts";
import type { Downloads } from "./hub/downloads.ts";
import { removeModel } from "./hub/remove.ts";
import { removableModel } from "./removable.ts";

interface ModelFilesOptions {
  readonly catalog: Catalog;
  /**
   * Runs the downloads. Null when downloads are impossible, because there is no cache folder or the server works
   * offline.
   */
  readonly downloads: Downloads | null;
  readonly hubCacheFolder: string | null;
}

export class ModelFiles {
  readonly #options: ModelFilesOptions;

  constructor(options: ModelFilesOptions) {
    this.#options = options;
  }

  /**
   * Downloads the newest files of a model, even if automatic downloads are off. Does nothing for a model that does not
   * come from the hub. When `signal` is aborted, throws `abortError`, but the download continues.
   */
  async pull(name: string, { signal, onProgress }: ModelWait): Promise<PulledModel> {
    const { catalog, downloads } = this.#options;
    const { model: known, source } = await catalog.locate(name, "client");
    if (source === null || (known !== null && !this.#isCached(known))) {
      return { model: known?.id ?? name, repository: null, bytes: known?.bytes ?? 0 };
    }
    const { repository, files } = source.remote;
    if (downloads === null) throw offline(repository);
    const wanted = { repository, revision: source.revision, files };
    const download = downloads.start(wanted);
    using _follower = download.follow(onProgress ?? (() => undefined));
    if (download.progress.state !== "listing") onProgress?.(download.progress);
    const { commit, bytes, license } = await unlessAborted(download.result, signal);
    catalog.forget(wanted);
    const { id } = await catalog.resolve(name, "client", null);
    return { model: id, repository: { name: repository, commit, license }, bytes };
  }

  /**
   * Deletes the files of a model. Throws AsrError `model_not_removable` when this program did not download the files.
   */
  async remove(name: string, located: LocatedModel): Promise<void> {
    const { hubCacheFolder, catalog } = this.#options;
    const removable = removableModel(name, located, hubCacheFolder);
    try {
      await removeModel(hubCacheFolder ?? "", removable, { force: false });
    } finally {
      catalog.forget(removable);
    }
  }

  #isCached({ source }: ResolvedModel): boolean {
    const { hubCacheFolder } = this.#options;
    if (hubCacheFolder === null || !("path" in source)) return false;
    return cachePlace(hubCacheFolder, source.path) !== null;
  }
}

// --- internal ---

function offline(repository: string): AsrError {
  return new AsrError(
    "model_download_failed",
    `Cannot download model ${repository}: this server works offline`,
    {
      param: "model",
      operatorMessage: `Cannot download model ${repository}: HF_HUB_OFFLINE is set, or there is no folder for downloads (HF_HUB_CACHE)`,
    },
  );
}

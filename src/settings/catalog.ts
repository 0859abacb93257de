/** Derives the options of the catalog of models from the settings. */
import { listBackends } from "../models/backends/index.ts";
import type { CatalogOptions } from "../models/catalog.ts";
import type { Downloads } from "../models/hub/downloads.ts";
import type { Config } from "./config.ts";

/**
 * Returns the options of the catalog. `downloads` is null when downloads are impossible. `onLoopback` is true when only
 * programs on this machine can send requests.
 */
export function catalogOptions(
  config: Config,
  { downloads, onLoopback }: { downloads: Downloads | null; onLoopback: boolean },
): CatalogOptions {
  return {
    backends: listBackends(config),
    defaultModel: config.defaultModel,
    operatorModels: config.preload,
    allowedModels: config.allowedModels,
    defaultBackend: config.defaultBackend,
    modelDir: config.modelDir,
    hubCacheFolder: config.hubCacheFolder,
    pull: {
      policy: config.pull,
      downloads,
      waitMsMax: config.pullWaitS * 1000,
      onLoopback,
    },
  };
}

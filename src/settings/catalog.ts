/** Derives the options of the catalog of models from the settings. */
import { listBackends } from "../models/backends/index.ts";
import type { CatalogOptions } from "../models/catalog.ts";
import type { Downloads } from "../models/hub/downloads.ts";
import type { Config } from "./config.ts";

interface PullFacts {
  /** Null when downloads are impossible. */
  readonly downloads: Downloads | null;
  /** Whether only programs on this machine can send requests. */
  readonly onLoopback: boolean;
  /** Writes a warning about a download to the log. Not needed when downloads are impossible. */
  readonly warn?: (message: string) => void;
}

export function catalogOptions(
  config: Config,
  { downloads, onLoopback, warn = () => undefined }: PullFacts,
): CatalogOptions {
  return {
    backends: listBackends(config),
    defaultModel: config.defaultModel,
    operatorModels: config.preload,
    allowedModels: config.allowedModels,
    defaultBackend: config.defaultBackend,
    modelDir: config.modelDir,
    hubCacheFolder: config.hubCacheFolder,
    aliases: config.modelAliases,
    pull: {
      policy: config.pull,
      downloads,
      waitMsMax: config.pullWaitS * 1000,
      onLoopback,
      warn,
    },
  };
}

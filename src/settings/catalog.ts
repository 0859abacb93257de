/** Converts the settings to the options of the model catalog. */
import { listBackends } from "../models/backends/index.ts";
import type { CatalogOptions } from "../models/catalog.ts";
import { preferredDefaults } from "../models/default-models.ts";
import type { Downloads } from "../models/hub/downloads.ts";
import type { Backend } from "../models/backends/backend.ts";
import { chooseStarterBackend } from "../models/backends/starter.ts";
import type { Config } from "./config.ts";
import { thisMachine } from "./machine.ts";

interface PullFacts {
  /** Runs the downloads. Null when downloads are impossible. */
  readonly downloads: Downloads | null;
  /** Whether only programs on this machine can send requests. */
  readonly onLoopback: boolean;
  /** Writes a warning about a download to the log. Undefined when downloads are impossible. */
  readonly warn?: (message: string) => void;
  /** When the starter model does not run on the fastest backend, writes the reason to the log. */
  readonly info?: (message: string) => void;
}

export function catalogOptions(
  config: Config,
  { downloads, onLoopback, warn = () => undefined, info = () => undefined }: PullFacts,
): CatalogOptions {
  const backends = listBackends(config);
  return {
    backends,
    defaultModel: config.defaultModel,
    preferredDefaults: preferredDefaults(),
    operatorModels: config.preload,
    allowedModels: config.allowedModels,
    defaultBackend: config.defaultBackend,
    starterBackend: starterChooser(backends, info),
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

// --- internal ---

/**
 * Returns a function that chooses the backend of the starter model at its first call. All later calls return the same
 * backend, so that the model keeps its runner.
 */
function starterChooser(
  backends: readonly Backend[],
  info: (message: string) => void,
): () => Promise<string> {
  let chosen: string | null = null;
  const choose = () => {
    const { backend, reason } = chooseStarterBackend(backends, thisMachine());
    if (reason !== null) {
      info(`the model inside the executable runs on ${backend}, not faster-whisper: ${reason}`);
    }
    return backend;
  };
  return () => Promise.resolve((chosen ??= choose()));
}

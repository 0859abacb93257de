/** Opens a catalog of whisper.cpp models that downloads nothing. */
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import { Catalog, type CatalogOptions } from "../../src/models/catalog.ts";

export function openCatalog(options: Partial<CatalogOptions> = {}): Catalog {
  return new Catalog({
    backends: [whisperCpp],
    defaultModel: null,
    preferredDefaults: [],
    operatorModels: [],
    allowedModels: [],
    defaultBackend: null,
    starterBackend: () => Promise.resolve("whisper-cpp"),
    modelDir: null,
    hubCacheFolder: null,
    aliases: [],
    pull: { policy: "never", downloads: null, waitMsMax: 0, onLoopback: true, warn: () => {} },
    ...options,
  });
}

/** Finds a better model that this machine can run instead of the starter model. */
import type { Config } from "../settings/config.ts";
import { deviceMachine } from "../settings/machine.ts";
import { usesGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import { starterFiles } from "../models/backends/starter.ts";
import { preferredDefaults } from "../models/default-models.ts";
import { type MachineFacts, type Recommendation, recommendModel } from "../models/recommend.ts";
import { physicalCores } from "../platform/physical-cores.ts";

/**
 * Returns a model that is better than the starter model for this machine. Null when the default model, which has the id
 * `defaultId`, is not the starter model, when downloads are off, or when no model is better.
 */
export async function betterModel(
  config: Config,
  defaultId: string,
): Promise<Recommendation | null> {
  const isStarter = config.defaultModel === null && Object.hasOwn(starterFiles, defaultId);
  if (!isStarter || config.hubOffline) return null;
  return recommendModel(await machineFacts(config));
}

/**
 * Returns the facts that decide which model is recommended. `languages` are the languages of the recordings, or null
 * when they are unknown. A caller that passes no languages gets the default language of the settings.
 */
export async function machineFacts(
  config: Config,
  languages: readonly string[] | null = config.defaultLanguage === null
    ? null
    : [config.defaultLanguage],
): Promise<MachineFacts> {
  const { usableBytes } = await import("../supervisor/model-memory.ts");
  return {
    memoryBytes: config.modelsMemoryBytesMax || usableBytes(),
    physicalCores: physicalCores(),
    hasGpu: listBackends(config).some((backend) =>
      usesGpu(backend, config.device, deviceMachine()),
    ),
    preferredDefaults: preferredDefaults(),
    languages,
  };
}

/** The model that this machine could run instead of the starter model. */
import { usesGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import { type Recommendation, recommendModel } from "../models/recommend.ts";
import { physicalCores } from "../platform/physical-cores.ts";
import type { Config } from "../settings/config.ts";

/** Null when the operator chose the default model, when nothing can be downloaded, or when nothing is better. */
export async function betterModel(config: Config): Promise<Recommendation | null> {
  if (config.defaultModel !== null || config.hubOffline) return null;
  const { usableBytes } = await import("../supervisor/model-memory.ts");
  return recommendModel({
    memoryBytes: config.modelsMemoryBytesMax || usableBytes(),
    physicalCores: physicalCores(),
    hasGpu: listBackends(config).some((backend) => usesGpu(backend, config.device)),
    languages: config.defaultLanguage === null ? null : [config.defaultLanguage],
  });
}

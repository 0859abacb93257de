/** Every setting, in the order of the help. */
import { accessSettings } from "./access.ts";
import { limitSettings } from "./limits.ts";
import { modelSettings } from "./models.ts";
import { operationSettings } from "./operation.ts";
import { runnerSettings } from "./runners.ts";
import { vadSettings } from "./vad.ts";

export const settings = {
  ...accessSettings,
  ...modelSettings,
  ...vadSettings,
  ...limitSettings,
  ...runnerSettings,
  ...operationSettings,
} as const;

/** Variables of the Python server that this version does not support yet: each prints a warning at startup. */
export const plannedSettings: ReadonlySet<string> = new Set([
  "OPEN_ASR_SERVER_HF_TOKEN",
  "OPEN_ASR_SERVER_MODEL_IDLE_SECONDS",
  "OPEN_ASR_SERVER_MODEL_EVICT_INTERVAL_SECONDS",
  "OPEN_ASR_SERVER_EVICT_PRELOADED_MODELS",
]);

/** Every setting, by subject, in the order of the help and of docs/configuration.md. */
import { accessSettings } from "./access.ts";
import { limitSettings } from "./limits.ts";
import { modelSettings } from "./models.ts";
import { operationSettings } from "./operation.ts";
import { runnerSettings } from "./runners.ts";
import type { Setting } from "./setting.ts";
import { vadSettings } from "./vad.ts";

export const settings = {
  ...accessSettings,
  ...modelSettings,
  ...vadSettings,
  ...limitSettings,
  ...runnerSettings,
  ...operationSettings,
} as const;

type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The settings by subject, each subject with its heading in the help. */
export const settingGroups: readonly (readonly [heading: string, settings: Settings])[] = [
  ["Access", accessSettings],
  ["Models", modelSettings],
  ["Voice activity", vadSettings],
  ["Limits", limitSettings],
  ["Model processes", runnerSettings],
  ["Files, log and metrics", operationSettings],
];

/** The settings in `--help`, the most used first. `--help-all` shows all settings. */
export const commonSettings: readonly Setting<unknown>[] = [
  settings.host,
  settings.port,
  settings.apiKeyFile,
  settings.defaultModel,
  settings.preload,
  settings.lanes,
  settings.logLevel,
  settings.allowedHosts,
  settings.corsOrigins,
  settings.modelDir,
];

/** Variables of the Python server that this version does not support yet: each prints a warning at startup. */
export const plannedSettings: ReadonlySet<string> = new Set([
  "OPEN_ASR_SERVER_HF_TOKEN",
  "OPEN_ASR_SERVER_MODEL_IDLE_SECONDS",
  "OPEN_ASR_SERVER_MODEL_EVICT_INTERVAL_SECONDS",
  "OPEN_ASR_SERVER_EVICT_PRELOADED_MODELS",
]);

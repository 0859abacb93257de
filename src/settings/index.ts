/** Every setting, by subject, in the order of the help and of docs/configuration.md. */
import { accessSettings } from "./access.ts";
import { hubSettings } from "./hub.ts";
import { limitSettings } from "./limits.ts";
import { modelSettings } from "./models.ts";
import { operationSettings } from "./operation.ts";
import { runnerSettings } from "./runners.ts";
import type { Setting } from "./setting.ts";
import { vadSettings } from "./vad.ts";

export const settings = {
  ...accessSettings,
  ...modelSettings,
  ...hubSettings,
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
  ["Model downloads", hubSettings],
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

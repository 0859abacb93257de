/** Lists all settings by subject, in the order of the help and of docs/configuration.md. */
import { accessSettings } from "./access.ts";
import { ffmpegSettings } from "./ffmpeg.ts";
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
  ...ffmpegSettings,
  ...limitSettings,
  ...runnerSettings,
  ...operationSettings,
} as const;

type Settings = Readonly<Record<string, Setting<unknown>>>;

/** Groups of settings. Each group has a heading for the help. */
export const settingGroups: readonly (readonly [heading: string, settings: Settings])[] = [
  ["Access", accessSettings],
  ["Models", modelSettings],
  ["Model downloads", hubSettings],
  ["Voice activity", vadSettings],
  ["Decoding with ffmpeg", ffmpegSettings],
  ["Limits", limitSettings],
  ["Model processes", runnerSettings],
  ["Files, log and metrics", operationSettings],
];

/** Settings that `--help` shows, the most used ones first. `--help-all` shows all settings. */
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
  settings.configFile,
];

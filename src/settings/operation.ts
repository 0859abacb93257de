/** Defines the settings for the operation of the server: folders, log and metrics. */
import { tmpdir } from "node:os";
import { cacheFolders } from "../platform/cache-folders.ts";
import { type LogFormat, logFormats, type LogLevel, logLevels } from "../log.ts";
import { configFilePath } from "./config-file-path.ts";
import { checked, everywhere, serve, setting, transcribing } from "./setting.ts";
import { choice, flag, onOff, path, type Value } from "./value.ts";

export const operationSettings = {
  configFile: setting<string | null>({
    variable: "OPEN_ASR_SERVER_CONFIG",
    flag: "config",
    commands: everywhere,
    fallback: configFilePath,
    fallbackText: "config.toml in the user's configuration folder, if it exists",
    value: path("FILE"),
    help: "TOML file with settings; flags and environment variables override it",
    notInFile: true,
  }),
  cacheFolders: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_CACHE_DIR",
    flag: "cache-dir",
    commands: checked,
    // The default is a list of folders in order of preference.
    fallback: (environment) => cacheFolders(environment),
    fallbackText: "the user's cache folder",
    value: oneFolder(),
    help: "Folder for the libraries that the executable unpacks",
  }),
  spoolDir: setting<string>({
    variable: "OPEN_ASR_SERVER_SPOOL_DIR",
    flag: "spool-dir",
    commands: checked,
    fallback: tmpdir,
    fallbackText: "the system's temporary folder",
    value: path("FOLDER"),
    help: "Folder for uploads; each file is deleted when its request ends",
  }),
  logLevel: setting<LogLevel>({
    variable: "OPEN_ASR_SERVER_LOG_LEVEL",
    flag: "log-level",
    commands: transcribing,
    fallback: "info",
    value: choice(logLevels),
    help: "Minimum level of the log lines to write",
  }),
  logFormat: setting<LogFormat>({
    variable: "OPEN_ASR_SERVER_LOG_FORMAT",
    flag: "log-format",
    commands: transcribing,
    fallback: "text",
    value: choice(logFormats),
    help: "Format of log lines",
  }),
  publicMetrics: setting<boolean>({
    variable: "OPEN_ASR_SERVER_PUBLIC_METRICS",
    flag: "public-metrics",
    commands: serve,
    fallback: false,
    fallbackText: "off",
    value: onOff(),
    help: "Serve GET /metrics without an API key",
  }),
  nullBackend: setting<boolean>({
    variable: "OPEN_ASR_SERVER_NULL_BACKEND",
    commands: transcribing,
    fallback: false,
    value: flag(),
    help: "Offer the null engine, which has no model; fault tests use it",
    hidden: true,
  }),
  mlxLibrary: setting<string | null>({
    variable: "OPEN_ASR_SERVER_MLX_LIBRARY",
    commands: transcribing,
    fallback: null,
    value: path("FILE"),
    help: "Library of the MLX engine; tests on Linux use it, where the executable does not contain this engine",
    hidden: true,
  }),
  vulkanLibrary: setting<string | null>({
    variable: "OPEN_ASR_SERVER_VULKAN_LIBRARY",
    commands: transcribing,
    fallback: null,
    value: path("FILE"),
    help: "Library of transcribe.cpp for Vulkan; tests use it, because the executable of a development build does not contain it",
    hidden: true,
  }),
} as const;

// --- internal ---

/** Returns the type of a setting that contains one folder. The value is a list with this folder. */
function oneFolder(): Value<readonly string[]> {
  const { hint, range, expected, toml, read } = path("FOLDER");
  return {
    hint,
    range,
    expected,
    toml,
    read(written, folder) {
      const found = read(written, folder);
      return found === undefined ? undefined : [found];
    },
  };
}

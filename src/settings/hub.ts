/**
 * Defines the settings for the download of models: the hub, the cache of the hub on this machine, and the download
 * policy.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hubCacheFolder, hubHome } from "../models/hub-cache.ts";
import type { Hub } from "../models/hub/hub.ts";
import { pullPolicies, type PullPolicy } from "../models/pulls.ts";
import { transcribing, downloading, type Environment, serve, setting } from "./setting.ts";
import { address, choice, flag, integer, path, text } from "./value.ts";

export const hubSettings = {
  pull: setting<PullPolicy>({
    variable: "OPEN_ASR_SERVER_PULL",
    flag: "pull",
    commands: transcribing,
    fallback: "missing",
    value: choice(pullPolicies),
    help: "Download models: missing ones, never, or always look for a newer version first",
  }),
  pullWaitS: setting<number>({
    variable: "OPEN_ASR_SERVER_PULL_WAIT_SECONDS",
    flag: "pull-wait-seconds",
    commands: serve,
    fallback: 60,
    value: integer("SECONDS", 0, 3600),
    help: "How long a request waits for the download of its model before it gets 503",
  }),
  hubCacheFolder: setting<string | null>({
    variable: "HF_HUB_CACHE",
    commands: downloading,
    fallback: hubCacheFolder,
    fallbackText: "HF_HOME/hub, else the user's cache",
    value: path("FOLDER"),
    help: "Folder of downloaded models, shared with the Hugging Face tools",
  }),
  hubEndpoint: setting<string>({
    variable: "HF_ENDPOINT",
    commands: downloading,
    fallback: "https://huggingface.co",
    value: address("URL"),
    help: "Address of the model hub, or of a mirror of it",
  }),
  hubToken: setting<string | null>({
    variable: "OPEN_ASR_SERVER_HF_TOKEN",
    commands: downloading,
    secret: true,
    fallback: hubToken,
    fallbackText: "HF_TOKEN, else the token file of the Hugging Face tools",
    value: text("TOKEN"),
    help: "Access token for gated and private models; sent to the hub only",
  }),
  hubOffline: setting<boolean>({
    variable: "HF_HUB_OFFLINE",
    commands: downloading,
    fallback: false,
    value: flag(),
    help: "Never send a request to the hub",
  }),
} as const;

interface HubConfig {
  readonly hubCacheFolder: string | null;
  readonly hubEndpoint: string;
  readonly hubToken: string | null;
  readonly hubOffline: boolean;
}

/**
 * Returns the hub with the options in the settings. Null when there is no cache folder, because the user has no home
 * folder.
 */
export function hubOf({
  hubCacheFolder: cacheFolder,
  hubEndpoint,
  hubToken: token,
  hubOffline,
}: HubConfig): Hub | null {
  if (cacheFolder === null) return null;
  return {
    endpoint: hubEndpoint.replace(/\/+$/u, ""),
    token,
    isOffline: hubOffline,
    cacheFolder,
    stallMsMax: 60_000,
    backOffMs: 1000,
  };
}

// --- internal ---

/**
 * Returns the access token from HF_TOKEN, or from the file that `hf auth login` writes. Null when there is no token.
 */
function hubToken(environment: Environment): string | null {
  const token = environment["HF_TOKEN"]?.trim();
  if (token) return token;
  const home = hubHome(environment);
  const file = environment["HF_TOKEN_PATH"] ?? (home && join(home, "token"));
  try {
    return (file && readFileSync(file, "utf8").trim()) || null;
  } catch {
    return null;
  }
}

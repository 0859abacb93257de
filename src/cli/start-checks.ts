/** Checks settings and system limits at startup to find mistakes that the operator has probably made. */
import { statSync } from "node:fs";
import { blankKeyVariables, type Config, UsageError } from "../settings/config.ts";
import { ffmpegProblem } from "../settings/ffmpeg.ts";

/**
 * Returns the number of concurrent requests for which `filesMax` file descriptors are enough. The result is at least 1
 * and at most `requestsMax`. `filesMax` is null when the system reports no limit.
 */
export function requestsWithin(filesMax: number | null, requestsMax: number): number {
  if (filesMax === null) return requestsMax;
  return Math.min(requestsMax, Math.max(1, Math.floor((filesMax - serverFiles) / filesPerRequest)));
}

/**
 * Throws UsageError when there is no API key because the variable for the key is set but blank. The operator probably
 * wanted to require a key. Without a key, every machine in the network could use the server.
 */
export function rejectBlankKeys({ apiKeys }: Config): void {
  const [variable] = apiKeys.length === 0 ? blankKeyVariables() : [];
  if (variable === undefined) return;
  throw new UsageError(
    `${variable} is set but blank: anyone who reaches this address could use the server. Set a key, or unset the variable`,
  );
}

/** Throws UsageError when the folder of models does not exist. */
export function requireModelDir({ modelDir }: Config): void {
  if (modelDir === null || isFolder(modelDir)) return;
  throw new UsageError(
    `OPEN_ASR_SERVER_MODEL_DIR (--model-dir) is "${modelDir}", expected an existing folder`,
  );
}

/** Throws UsageError when the setting for ffmpeg is a path, but not the path of a program. */
export function requireFfmpeg(config: Config): void {
  const problem = ffmpegProblem(config);
  if (problem !== null) throw new UsageError(problem);
}

export interface StartFacts {
  readonly onLoopback: boolean;
  /**
   * Maximum number of concurrent requests. This is the number in the settings, or a lower number if the limit on open
   * files is too low.
   */
  readonly requestsMax: number;
}

/** Returns the warnings about settings and system limits, each on one line. */
export function startWarnings(config: Config, { onLoopback, requestsMax }: StartFacts): string[] {
  const lines = accessWarnings(config, onLoopback);
  if (requestsMax < config.requestsMax) {
    lines.push(
      `Limited to ${requestsMax} requests at once instead of ${config.requestsMax} (OPEN_ASR_SERVER_MAX_REQUESTS): ` +
        "the system allows too few open files; raise ulimit -n",
    );
  }
  return lines;
}

// --- internal ---

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Number of file descriptors for the server itself, its libraries and a few runners. */
const serverFiles = 64;
/** Number of file descriptors that each request needs: one for its connection and one for its spool file. */
const filesPerRequest = 2;

function accessWarnings({ apiKeys, corsOrigins }: Config, onLoopback: boolean): string[] {
  if (apiKeys.length > 0) return [];
  const lines = blankKeyVariables().map((name) => `${name} is set but blank: no key is required`);
  if (!onLoopback) {
    lines.push(
      "Listening on a non-loopback address without API keys: anyone who reaches it can use this server. " +
        "Set OPEN_ASR_SERVER_API_KEY",
    );
  }
  const openOrigins = ["*", "null"].filter((origin) => corsOrigins.includes(origin));
  for (const origin of openOrigins) {
    lines.push(
      `OPEN_ASR_SERVER_CORS_ORIGINS contains ${origin}: any web page in a browser on this machine can use this server. ` +
        "Set OPEN_ASR_SERVER_API_KEY",
    );
  }
  return lines;
}

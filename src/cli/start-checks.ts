/** Checks at the start of a server: settings and limits that its operator may not have meant. */
import {
  blankKeyVariables,
  type Config,
  settingsWithoutEffect,
  UsageError,
} from "../settings/config.ts";

/** How many requests can run at once with so many file descriptors. */
export function requestsWithin(filesMax: number | null, requestsMax: number): number {
  if (filesMax === null) return requestsMax;
  return Math.min(requestsMax, Math.max(1, Math.floor((filesMax - ownFiles) / filesPerRequest)));
}

/** The operator meant to set keys: a server that others reach must not start without them. */
export function refuseBlankKeys({ apiKeys }: Config): void {
  const [variable] = apiKeys.length === 0 ? blankKeyVariables() : [];
  if (variable === undefined) return;
  throw new UsageError(
    `${variable} is set but blank: anyone who reaches this address could use the server. Set a key, or unset the variable`,
  );
}

export interface Circumstances {
  readonly onLoopback: boolean;
  /** Requests that can run at once. */
  readonly requestsMax: number;
}

/** Settings and limits that the operator may not have meant, a line each. */
export function startWarnings(
  config: Config,
  { onLoopback, requestsMax }: Circumstances,
): string[] {
  const lines = [...settingsWithoutEffect(), ...openDoors(config, onLoopback)];
  if (requestsMax < config.requestsMax) {
    lines.push(
      `Limited to ${requestsMax} requests at once instead of ${config.requestsMax} (OPEN_ASR_SERVER_MAX_REQUESTS): ` +
        "the system allows too few open files; raise ulimit -n",
    );
  }
  return lines;
}

// --- internal ---

/** Descriptors of the server itself, of its libraries and of a few runners. */
const ownFiles = 64;
/** A request's connection and its spool file. */
const filesPerRequest = 2;

function openDoors({ apiKeys, corsOrigins }: Config, onLoopback: boolean): string[] {
  if (apiKeys.length > 0) return [];
  const lines = blankKeyVariables().map((name) => `${name} is set but blank: no key is required`);
  if (!onLoopback) {
    lines.push(
      "Listening on a non-loopback address without API keys: anyone who reaches it can use this server. " +
        "Set OPEN_ASR_SERVER_API_KEY",
    );
  }
  const open = ["*", "null"].filter((origin) => corsOrigins.includes(origin));
  for (const origin of open) {
    lines.push(
      `OPEN_ASR_SERVER_CORS_ORIGINS contains ${origin}: any web page in a browser here can use this server. ` +
        "Set OPEN_ASR_SERVER_API_KEY",
    );
  }
  return lines;
}

/**
 * Formats the output of `serve` after its start: the address of the server, the addresses for browsers and clients,
 * and a curl command with which the user can try the server.
 */
import type { Config } from "../settings/config.ts";
import { createLog } from "../log.ts";
import { localHost } from "./local-host.ts";
import type { Recommendation } from "../models/recommend.ts";

export interface Start {
  readonly version: string;
  /** URL of the address that the server listens on, for example http://0.0.0.0:8000. */
  readonly url: string;
  /** Id of the default model. */
  readonly model: string;
  /**
   * A better model for this machine. Null when the default model is not the starter model, or when no model is better.
   */
  readonly better: Recommendation | null;
  /** Addresses of this machine that other machines can reach. */
  readonly networkAddresses: readonly string[];
}

type AccessConfig = Pick<Config, "apiKeys" | "apiKeyFile" | "logFormat" | "page">;

/** Returns several lines of text, or one log record when the log format is JSON. */
export function startText(start: Start, config: AccessConfig): string {
  return config.logFormat === "json" ? jsonRecord(start) : textLines(start, config);
}

// --- internal ---

const key = "OPEN_ASR_SERVER_API_KEY";

function textLines(start: Start, config: AccessConfig): string {
  const { version, url, model, better } = start;
  const others = networkUrls(start).map(baseUrl).join(" or ");
  const lines = [
    `open-asr-server ${version} listens on ${url}, default model "${model}"${betterText(better)}`,
    ...(config.page ? [`in a browser: ${localUrl(url)}`] : []),
    `base URL for OpenAI clients: ${baseUrl(localUrl(url))}`,
    ...(others === "" ? [] : [`from other machines: ${others}`]),
    `${tryText(config)}: ${curlCommand(localUrl(url), config)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function betterText(better: Recommendation | null): string {
  return better === null ? "" : ` (starter); better: ${better.model}, \`${better.command}\``;
}

/**
 * Returns the log record with the address of the server. The record is printed at every log level, because a program
 * that starts the server needs the address.
 */
function jsonRecord(start: Start): string {
  const { version, url, model } = start;
  let record = "";
  const log = createLog({ logLevel: "info", logFormat: "json" }, (line) => (record += line));
  log.info("listening", { version, url, base_url: baseUrl(localUrl(url)), model });
  return record;
}

/**
 * Returns the text that precedes the curl command. The curl command reads the API key from an environment variable.
 * With several keys or a key file, the text asks the user to set this variable first.
 */
function tryText({ apiKeys, apiKeyFile }: AccessConfig): string {
  return apiKeyFile !== null || apiKeys.length > 1 ? `try, with one key in ${key}` : "try";
}

/**
 * Returns the curl command. Uses double quotes, because every shell supports them. The command never contains the API
 * key itself.
 */
function curlCommand(url: string, { apiKeys }: AccessConfig): string {
  const header = apiKeys.length === 0 ? "" : ` -H "Authorization: Bearer $${key}"`;
  return `curl "${baseUrl(url)}/audio/transcriptions"${header} -F "file=@audio.mp3"`;
}

function baseUrl(url: string): string {
  return `${url}/v1`;
}

/** Replaces the host of the server's URL by a host that clients on this machine can use. */
function localUrl(url: string): string {
  return withHost(url, localHost(new URL(url).hostname));
}

function networkUrls({ url, networkAddresses }: Start): string[] {
  const { hostname } = new URL(url);
  if (localHost(hostname) === hostname) return [];
  return networkAddresses.map((address) => withHost(url, address));
}

function withHost(url: string, host: string): string {
  const { port, protocol } = new URL(url);
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}`;
}

/** What `serve` prints when it listens: the address, the base URL that apps ask for, and a command that tries it. */
import type { Config } from "../settings/config.ts";
import { createLog } from "../log.ts";

export interface Start {
  readonly version: string;
  /** The address that the server listens on, such as http://0.0.0.0:8000. */
  readonly url: string;
  /** The default model. */
  readonly model: string;
  /** Addresses of this machine in its networks. */
  readonly networkAddresses: readonly string[];
}

type AccessConfig = Pick<Config, "apiKeys" | "apiKeyFile" | "logFormat">;

/** Lines of text, or, when the log is JSON, one log record. */
export function startText(start: Start, config: AccessConfig): string {
  return config.logFormat === "json" ? jsonRecord(start) : textLines(start, config);
}

// --- internal ---

const key = "OPEN_ASR_SERVER_API_KEY";

function textLines(start: Start, config: AccessConfig): string {
  const { version, url, model } = start;
  const others = networkUrls(start).map(baseUrl).join(" or ");
  const lines = [
    `open-asr-server ${version} listens on ${url}, default model "${model}"`,
    `base URL for OpenAI clients: ${baseUrl(localUrl(url))}`,
    ...(others === "" ? [] : [`from other machines: ${others}`]),
    `${tryWords(config)}: ${curlCommand(localUrl(url), config)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The record has no level limit: a program that reads it needs the address in any case. */
function jsonRecord(start: Start): string {
  const { version, url, model } = start;
  let record = "";
  const log = createLog({ logLevel: "info", logFormat: "json" }, (line) => (record += line));
  log.info("listening", { version, url, base_url: baseUrl(localUrl(url)), model });
  return record;
}

/** A shell replaces the variable, so a list of keys in it, or a key in a file, does not work as it is. */
function tryWords({ apiKeys, apiKeyFile }: AccessConfig): string {
  return apiKeyFile !== null || apiKeys.length > 1 ? `try, with one key in ${key}` : "try";
}

/** Double quotes work in every shell. The key itself is never printed. */
function curlCommand(url: string, { apiKeys }: AccessConfig): string {
  const header = apiKeys.length === 0 ? "" : ` -H "Authorization: Bearer $${key}"`;
  return `curl "${baseUrl(url)}/audio/transcriptions"${header} -F "file=@audio.mp3"`;
}

function baseUrl(url: string): string {
  return `${url}/v1`;
}

/** Addresses that listen on every network, and the loopback address of the same kind. */
const wildcards: Readonly<Record<string, string>> = {
  "0.0.0.0": "127.0.0.1",
  "[::]": "[::1]",
  "[::ffff:0:0]": "127.0.0.1",
};

/** The URL for clients on this machine: systems other than Linux reject connections to a wildcard address. */
function localUrl(url: string): string {
  const { hostname } = new URL(url);
  return withHost(url, wildcards[hostname] ?? hostname);
}

function networkUrls({ url, networkAddresses }: Start): string[] {
  if (!Object.hasOwn(wildcards, new URL(url).hostname)) return [];
  return networkAddresses.map((address) => withHost(url, address));
}

function withHost(url: string, host: string): string {
  const { port, protocol } = new URL(url);
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}`;
}

/** Defines the settings for access to the server: address, API keys, CORS and proxies. */
import {
  type CompatibleApiName,
  compatibleApiList,
  compatibleApiNames,
} from "./compatible-api-names.ts";
import { serve, serveAndHealth, setting } from "./setting.ts";
import { host, integer, list, listOf, onOff, path } from "./value.ts";

const origins = "origins such as https://app.example, app://obsidian.md or null";

export const accessSettings = {
  host: setting<string>({
    variable: "OPEN_ASR_SERVER_HOST",
    flag: "host",
    alias: "h",
    commands: serveAndHealth,
    fallback: "127.0.0.1",
    value: host("ADDRESS"),
    help: "Address to listen on; 0.0.0.0 listens on every network",
  }),
  port: setting<number>({
    variable: "OPEN_ASR_SERVER_PORT",
    flag: "port",
    alias: "p",
    commands: serveAndHealth,
    fallback: 8000,
    value: integer("PORT", 0, 65_535),
    help: "Port to listen on; 0 selects a free port and prints it",
  }),
  apiKeys: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_API_KEY",
    commands: serve,
    fallback: [],
    fallbackText: "none, no key is required",
    secret: true,
    value: list("KEY,...", "keys of visible ASCII characters", isKey),
    help: "API keys; each request must send one: `Authorization: Bearer KEY` or `X-API-Key: KEY`",
  }),
  apiKeyFile: setting<string | null>({
    variable: "OPEN_ASR_SERVER_API_KEY_FILE",
    flag: "api-key-file",
    commands: serve,
    fallback: null,
    fallbackText: "none",
    value: path("FILE"),
    help: "File with the API keys, one per line",
  }),
  adminKeys: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_ADMIN_KEY",
    commands: serve,
    fallback: [],
    fallbackText: "none, an API key is enough, but does not download or delete",
    secret: true,
    value: list("KEY,...", "keys of visible ASCII characters", isKey),
    help: "Keys of the admin routes, which load, unload, download and delete models",
  }),
  page: setting<boolean>({
    variable: "OPEN_ASR_SERVER_PAGE",
    flag: "page",
    commands: serve,
    fallback: true,
    fallbackText: "on",
    value: onOff(),
    help: "Serve the web page at / and the API page at /docs; --no-page is the same as --page off",
  }),
  allowedHosts: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_ALLOWED_HOSTS",
    flag: "allowed-hosts",
    repeats: true,
    commands: serve,
    fallback: [],
    fallbackText: "localhost, this machine's name, and its names in containers",
    value: list("NAME,...", "host names without port", (name) => /^[\w.-]+$/.test(name)),
    help: "Extra Host header values accepted when listening on loopback, for example behind a proxy",
  }),
  corsOrigins: setting<readonly string[]>({
    variable: "OPEN_ASR_SERVER_CORS_ORIGINS",
    flag: "cors-origins",
    repeats: true,
    commands: serve,
    fallback: [],
    fallbackText: "none",
    value: listOf("ORIGIN,...", `${origins}, or *`, readOrigin),
    help: `Origins of web pages and desktop apps that may use this server: ${origins}; * allows every origin`,
  }),
  compatibleApis: setting<readonly CompatibleApiName[]>({
    variable: "OPEN_ASR_SERVER_COMPATIBLE_APIS",
    flag: "compatible-apis",
    repeats: true,
    commands: serve,
    fallback: compatibleApiNames,
    fallbackText: compatibleApiNames.join(","),
    value: compatibleApiList(),
    help: "APIs of other servers whose transcription routes this server has; none has only the routes of OpenAI",
  }),
  trustedProxyHops: setting<number>({
    variable: "OPEN_ASR_SERVER_TRUSTED_PROXY_HOPS",
    flag: "trusted-proxy-hops",
    commands: serve,
    fallback: 0,
    value: integer("N", 0, 16),
    help: "Number of trusted proxies in front of the server: the client's address is this entry of X-Forwarded-For, counted from the end; 0 ignores the header",
  }),
} as const;

/**
 * Returns whether the key consists only of visible ASCII characters. Clients send the key in a header, which allows no
 * other characters.
 */
export function isKey(item: string): boolean {
  return /^[\x21-\x7e]+$/.test(item);
}

/**
 * Returns whether `item` is a valid Origin header of a web page or a desktop app. The text `null` is valid, because a
 * page without an origin sends it. Characters that a shell interprets are invalid. An error message shows a command
 * with the origin, and the operator may copy this command to a shell.
 */
export function isOrigin(item: string): boolean {
  if (item === "null") return true;
  if (/^https?:/i.test(item)) {
    const url = URL.parse(item);
    return url?.origin === item && /^[\w.:[\]-]+$/.test(url.host);
  }
  return /^[a-z][a-z\d+.-]*:\/\/[\w.-]*(?::\d{1,5})?$/.test(item);
}

/** Returns the origin, or null if it is invalid. If `item` is a URL that ends in a slash, removes the slash. */
export function readOrigin(item: string): string | null {
  const origin = /^https?:/i.test(item) ? item.replace(/\/$/, "") : item;
  return origin === "*" || isOrigin(origin) ? origin : null;
}

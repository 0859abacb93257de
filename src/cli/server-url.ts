/** Builds the address of a server on this machine from its settings. */
import type { Config } from "../settings/config.ts";
import { localHost } from "./local-host.ts";

/** Returns the URL without a path, for example http://127.0.0.1:8000. The port must not be 0. */
export function serverUrl({ host, port }: Pick<Config, "host" | "port">): string {
  return `http://${localHost(host.includes(":") ? `[${host}]` : host)}:${port}`;
}

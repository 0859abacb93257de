/** Describes the environment for `doctor`: which settings and proxies are set. Contains no secrets. */
import { settings } from "./index.ts";
import type { Environment, Setting } from "./setting.ts";

export interface ProxyVariable {
  readonly name: string;
  /** Host and port of the proxy. Null when the value is not the address of an HTTP proxy. */
  readonly host: string | null;
}

/** Returns the names of the variables of settings that are set, and of HF_TOKEN. */
export function setVariables(environment: Environment = process.env): string[] {
  const names = Object.values<Setting<unknown>>(settings).map(({ variable }) => variable);
  return [...names, "HF_TOKEN", "HF_HOME"].filter((name) => environment[name]?.trim());
}

/** Returns the proxies for requests to the hub. Omits user names and passwords. */
export function proxyVariables(environment: Environment = process.env): ProxyVariable[] {
  const found = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"].filter((name) =>
    environment[name]?.trim(),
  );
  return found.map((name) => ({ name, host: proxyHost(environment[name] ?? "") }));
}

// --- internal ---

function proxyHost(written: string): string | null {
  const url = URL.parse(written.trim());
  return url !== null && /^https?:$/u.test(url.protocol) && url.host !== "" ? url.host : null;
}

/**
 * Describes the environment for `doctor`: the settings and proxies that are set. The description contains no secrets.
 */
import type { FoundSettings } from "./config.ts";
import { settings } from "./index.ts";
import type { FoundValue } from "./read-setting.ts";
import type { Environment, Setting } from "./setting.ts";

export interface ProxyVariable {
  readonly name: string;
  /** Host and port of the proxy. Null when the value of the variable is not the address of an HTTP proxy. */
  readonly host: string | null;
}

export interface SetSetting {
  readonly variable: string;
  readonly source: FoundValue["source"];
}

/**
 * Returns the variable and the source of each setting that does not have its default, but not the value. Also returns
 * the environment variables of the Hugging Face tools that are set.
 */
export function changedSettings(
  found: FoundSettings,
  environment: Environment = process.env,
): SetSetting[] {
  const changed = Object.entries<Setting<unknown>>(settings)
    .map(([name, { variable }]) => {
      const { source } = found[name as keyof FoundSettings];
      return { variable, source };
    })
    .filter(({ source }) => source !== "default");
  const others = ["HF_TOKEN", "HF_HOME"]
    .filter((variable) => environment[variable]?.trim())
    .map((variable) => ({ variable, source: "environment" as const }));
  return [...changed, ...others];
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

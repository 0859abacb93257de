/**
 * Checks environment variables with the prefix OPEN_ASR_. Also removes variables that Kubernetes sets, and removes
 * secrets.
 */
import { settings } from "./index.ts";
import { nearestSetting } from "./nearest-setting.ts";
import type { Environment, Setting } from "./setting.ts";

/** Returns an error message for each variable that starts with OPEN_ASR_ but is not the variable of a setting. */
export function unknownVariables(environment: Environment): string[] {
  return prefixed(environment)
    .filter((name) => !known.has(name))
    .map((name) => {
      const nearest = nearestSetting(name, offered);
      const advice = nearest === null ? listed : `did you mean ${nearest.variable}?`;
      return `Unknown setting ${name}: ${advice}`;
    });
}

/**
 * Removes the variables that Kubernetes sets in every container for a Service named `open-asr-server` or similar, for
 * example OPEN_ASR_SERVER_PORT=tcp://10.0.0.7:8000.
 */
export function withoutKubernetes(environment: Environment): Environment {
  const kept = Object.entries(environment).filter(
    ([name, value]) => !kubernetes.some((matches) => matches(name, value ?? "")),
  );
  return Object.fromEntries(kept);
}

export function withoutSecrets(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || secrets.has(name) ? [] : [[name, value]],
    ),
  );
}

// --- internal ---

const prefix = "OPEN_ASR_";

const entries: readonly Setting<unknown>[] = Object.values(settings);
const known = new Set(entries.map(({ variable }) => variable));
const secrets = new Set([
  ...entries.filter(({ secret }) => secret).map(({ variable }) => variable),
  // This variable is also a secret, because it is the default of the setting OPEN_ASR_SERVER_HF_TOKEN.
  "HF_TOKEN",
]);
const offered = entries.filter(({ hidden }) => !hidden);
const listed = "`open-asr-server serve --help-all` lists the settings";

const kubernetes: readonly ((name: string, value: string) => boolean)[] = [
  (name, value) => /^OPEN_ASR_(?:\w+_)?PORT$/.test(name) && /^(?:tcp|udp|sctp):\/\//.test(value),
  (name) => /^OPEN_ASR_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name),
  (name) => /^OPEN_ASR_(?:\w+_)?SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(name),
];

/** Returns the names of the set variables with the prefix OPEN_ASR_. A blank variable counts as unset. */
function prefixed(environment: Environment): string[] {
  return Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && environment[name]?.trim() !== "",
  );
}

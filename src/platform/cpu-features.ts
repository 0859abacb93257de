/** The features of this machine's CPU, with the names that Linux uses. */

import { existsSync, readFileSync } from "node:fs";

const cpuinfo = "/proc/cpuinfo";

/** Empty if the system does not list the features. The baseline library is then used. */
export function cpuFeatures(): Set<string> {
  if (!existsSync(cpuinfo)) return new Set();
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(cpuinfo, "utf8"))?.[1] ?? "";
  return new Set(line.trim().split(/\s+/));
}

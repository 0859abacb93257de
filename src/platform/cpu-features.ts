/** What this machine's CPU can do, in the names that Linux gives it. */

import { existsSync, readFileSync } from "node:fs";

const cpuinfo = "/proc/cpuinfo";

/** Empty where the system does not say; then the library for every CPU of the platform is taken. */
export function cpuFeatures(): Set<string> {
  if (!existsSync(cpuinfo)) return new Set();
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(cpuinfo, "utf8"))?.[1] ?? "";
  return new Set(line.trim().split(/\s+/));
}

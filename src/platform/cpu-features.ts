/** Reads the CPU features of this machine. The names of the features are those of Linux. */

import { existsSync, readFileSync } from "node:fs";

const cpuinfo = "/proc/cpuinfo";

/**
 * Returns the CPU features. If the system does not list them, returns an empty set. The program then uses the library
 * for the CPU level "baseline".
 */
export function cpuFeatures(): Set<string> {
  if (!existsSync(cpuinfo)) return new Set();
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(cpuinfo, "utf8"))?.[1] ?? "";
  return new Set(line.trim().split(/\s+/));
}

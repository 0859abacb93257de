/** Reads the CPU features of this machine. Their names are those that Linux uses. */

import { existsSync, readFileSync } from "node:fs";

const cpuinfo = "/proc/cpuinfo";

/**
 * Returns the CPU features. The result is empty if the system does not list the features; then the baseline library is
 * used.
 */
export function cpuFeatures(): Set<string> {
  if (!existsSync(cpuinfo)) return new Set();
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(cpuinfo, "utf8"))?.[1] ?? "";
  return new Set(line.trim().split(/\s+/));
}

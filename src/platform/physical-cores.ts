/**
 * Determines the number of physical cores that this process may use. The hardware threads of a core share the
 * arithmetic units of the core, so these threads count as one core. On systems other than Linux, the result is the
 * number of hardware threads.
 */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export function physicalCores(): number {
  const threads = availableParallelism();
  if (process.platform !== "linux") return threads;
  return Math.min(threads, countCores() ?? threads);
}

// --- internal ---

const path = "/proc/cpuinfo";

/** Returns the number of distinct (package, core) pairs in /proc/cpuinfo. Null if the system does not list cores. */
function countCores(): number | null {
  if (!existsSync(path)) return null;
  const cpuinfo = readFileSync(path, "utf8");
  const cores = new Set<string>();
  for (const processor of cpuinfo.split("\n\n")) {
    const core = /^core id\s*:\s*(\d+)$/mu.exec(processor)?.[1];
    const socket = /^physical id\s*:\s*(\d+)$/mu.exec(processor)?.[1];
    if (core !== undefined) cores.add(`${socket ?? 0}:${core}`);
  }
  return cores.size > 0 ? cores.size : null;
}

/**
 * Returns the number of physical cores. The hardware threads of a core share its arithmetic units, so they count as one
 * core.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export function physicalCores(): number {
  const threads = availableParallelism();
  if (process.platform !== "linux") return threads;
  return Math.min(threads, countCores(readFileSync("/proc/cpuinfo", "utf8")) ?? threads);
}

// --- internal ---

/** Returns the number of distinct (package, core) pairs in /proc/cpuinfo. Null if the file does not list cores. */
function countCores(cpuinfo: string): number | null {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split("\n\n")) {
    const core = /^core id\s*:\s*(\d+)$/mu.exec(processor)?.[1];
    const socket = /^physical id\s*:\s*(\d+)$/mu.exec(processor)?.[1];
    if (core !== undefined) cores.add(`${socket ?? 0}:${core}`);
  }
  return cores.size > 0 ? cores.size : null;
}

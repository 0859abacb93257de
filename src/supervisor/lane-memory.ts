/** Computes how many lanes a model can have with the memory limit of its process. */
import type { Backend, MemoryUse } from "../models/backends/backend.ts";
import { loadedWeightsBytes } from "../models/backends/one-lane-bytes.ts";
import { physicalCores } from "../platform/physical-cores.ts";

/**
 * Returns the number of lanes of a model on the CPU: the number of its backend, or one or several lanes per core. Returns
 * fewer if `bytesMax` bytes of memory are not enough.
 */
export function cpuLanes(
  { memory, lanes, lanesPerCore = 1 }: Pick<Backend, "memory" | "lanes" | "lanesPerCore">,
  fileBytes: number,
  bytesMax: number,
): number {
  const wanted = lanes ?? lanesPerCore * physicalCores();
  return Math.min(wanted, lanesThatFit(memory, fileBytes, bytesMax));
}

/**
 * Returns the number of lanes for which `bytesMax` bytes of memory are enough. Returns at least 1. If even one lane
 * needs more memory, the process will exceed its memory limit and will be killed.
 */
export function lanesThatFit(use: MemoryUse, fileBytes: number, bytesMax: number): number {
  const spareBytes = bytesMax - use.processBytes - loadedWeightsBytes(use, fileBytes);
  const bytesPerLane = use.laneBytes + use.laneBytesPerFileByte * fileBytes;
  return Math.max(1, Math.floor(spareBytes / bytesPerLane));
}

/** Computes the number of lanes for which the memory limit of a model's process is enough. */
import type { MemoryUse } from "../models/backends/backend.ts";

/**
 * Returns the number of lanes for which `bytesMax` bytes of memory are enough, but at least 1. If even one lane needs
 * more memory, the process is later ended because it exceeds its memory limit.
 */
export function lanesThatFit(use: MemoryUse, fileBytes: number, bytesMax: number): number {
  const spareBytes = bytesMax - use.processBytes - fileBytes;
  const bytesPerLane = use.laneBytes + use.laneBytesPerFileByte * fileBytes;
  return Math.max(1, Math.floor(spareBytes / bytesPerLane));
}

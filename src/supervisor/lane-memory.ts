/** The number of lanes that fit into the memory of a model's process. */
import type { MemoryUse } from "../models/backends/backend.ts";

/** Returns at least 1. If even one lane needs too much memory, the memory limit of the process applies at run time. */
export function lanesThatFit(use: MemoryUse, fileBytes: number, bytesMax: number): number {
  const spareBytes = bytesMax - use.processBytes - fileBytes;
  const bytesPerLane = use.laneBytes + use.laneBytesPerFileByte * fileBytes;
  return Math.max(1, Math.floor(spareBytes / bytesPerLane));
}

/** Estimates the memory of a process that runs a model with one lane. */
import type { MemoryUse } from "./backend.ts";

/** Returns the memory in bytes. `fileBytes` is the size of the model's weights. */
export function oneLaneBytes(use: MemoryUse, fileBytes: number): number {
  const { processBytes, laneBytes, laneBytesPerFileByte } = use;
  return processBytes + fileBytes + laneBytes + laneBytesPerFileByte * fileBytes;
}

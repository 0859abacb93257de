/** Estimates the memory of a model's weights, and of a process that runs the model with one lane. */
import type { MemoryUse } from "./backend.ts";

/** Returns the memory in bytes. `fileBytes` is the size of the model's weights. */
export function oneLaneBytes(use: MemoryUse, fileBytes: number): number {
  const { processBytes, laneBytes, laneBytesPerFileByte } = use;
  return (
    processBytes + loadedWeightsBytes(use, fileBytes) + laneBytes + laneBytesPerFileByte * fileBytes
  );
}

/** Returns the memory of the loaded weights in bytes. */
export function loadedWeightsBytes(use: MemoryUse, fileBytes: number): number {
  return (use.weightsBytesPerFileByte ?? 1) * fileBytes;
}

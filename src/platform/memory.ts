/** Determines how much memory this machine has. */
import { totalmem } from "node:os";

/** Returns the memory of this machine in bytes. In a container, returns the limit of the container if it is lower. */
export function totalMemoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}

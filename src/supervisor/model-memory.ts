/** Checks whether there is enough memory for another model, and creates the error when there is not. */
import { freemem } from "node:os";
import { AsrError, retryLater } from "../errors.ts";
import { totalMemoryBytes } from "../platform/memory.ts";

/**
 * Fraction of the machine's memory that models may use when the operator sets no limit. The system and other programs
 * need the rest.
 */
const memoryShare = 0.8;
/**
 * Retry-After time of a rejected request in seconds. In this time, the operator may free memory, or a process may end.
 */
const retryAfterS = 60;

/** Returns the number of bytes of memory that models may use when the operator sets no limit. */
export function usableBytes(): number {
  return memoryShare * totalMemoryBytes();
}

/** Returns the number of bytes of free memory that models may use now. Ignores the memory limit of a container. */
export function spareBytes(): number {
  return memoryShare * freemem();
}

export interface ModelMemory {
  readonly name: string;
  /** Memory of the model's weights in bytes. The process needs at least this much memory. */
  readonly weightsBytes: number;
  /** Number of bytes of memory that the processes of all loaded models use now. */
  readonly loadedBytes: number;
  readonly bytesMax: number;
}

/**
 * Checks whether there is enough memory for a model. Throws AsrError `out_of_memory` if the model alone exceeds the
 * limit for all models. Throws AsrError `server_busy` if the model and the loaded models together exceed the limit.
 */
export function requireMemory({ name, weightsBytes, loadedBytes, bytesMax }: ModelMemory): void {
  if (loadedBytes + weightsBytes <= bytesMax) return;
  const limit = `all models together may use ${megabytes(bytesMax)} (OPEN_ASR_SERVER_MODELS_MEMORY_BYTES)`;
  const needs = `Cannot load model "${name}": it needs at least ${megabytes(weightsBytes)}`;
  if (weightsBytes > bytesMax) throw new AsrError("out_of_memory", `${needs}, and ${limit}`);
  throw retryLater(
    "server_busy",
    `${needs}, the loaded models use ${megabytes(loadedBytes)}, and ${limit}; use a loaded model, or wait`,
    retryAfterS,
  );
}

// --- internal ---

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

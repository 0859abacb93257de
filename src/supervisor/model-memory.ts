/** Whether one more model fits into memory. Models are never unloaded, so a model that does not fit is refused. */
import { freemem, totalmem } from "node:os";
import { AsrError, retryLater } from "../errors.ts";

/** Share of the machine's memory for models, if the operator sets no limit. More would endanger the machine. */
const memoryShare = 0.8;
/** After this time the operator may have freed memory, or a process may have ended. */
const retryAfterS = 60;

/** Memory for the processes of models when no setting limits it. */
export function usableBytes(): number {
  return memoryShare * Math.min(totalmem(), process.constrainedMemory() || Infinity);
}

/** Free memory that models may use now. It ignores the limit of a container. */
export function spareBytes(): number {
  return memoryShare * freemem();
}

export interface ModelMemory {
  readonly name: string;
  /** Size of its files: the least memory of its process. */
  readonly fileBytes: number;
  /** Memory that the processes of models use now. */
  readonly loadedBytes: number;
  readonly bytesMax: number;
}

/**
 * Throws AsrError `server_busy` if the model does not fit beside the loaded models, `out_of_memory` if it is larger
 * than the limit for all models.
 */
export function requireMemory({ name, fileBytes, loadedBytes, bytesMax }: ModelMemory): void {
  if (loadedBytes + fileBytes <= bytesMax) return;
  const limit = `models may take ${megabytes(bytesMax)} together (OPEN_ASR_SERVER_MODELS_MEMORY_BYTES)`;
  const needs = `Cannot load model "${name}": it takes at least ${megabytes(fileBytes)}`;
  if (fileBytes > bytesMax) throw new AsrError("out_of_memory", `${needs}, and ${limit}`);
  throw retryLater(
    "server_busy",
    `${needs}, the loaded models have ${megabytes(loadedBytes)}, and ${limit}; use a loaded model, or wait`,
    retryAfterS,
  );
}

// --- internal ---

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

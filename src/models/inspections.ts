/** What a look at a model's files has told, kept until the files change. */
import { join } from "node:path";
import { AsrError } from "../errors.ts";
import type { Capabilities } from "../ipc/capabilities.ts";
import type { Backend } from "./backends/backend.ts";
import { type FileFacts, lookAt } from "./file-facts.ts";

export interface Inspection {
  /** False when the files are not of this engine, or there are none. */
  readonly isAccepted: boolean;
  /** Null when nothing can be told before the model is loaded. */
  readonly capabilities: Capabilities | null;
  /** Of the file that holds the weights. */
  readonly weights: FileFacts | null;
}

export class Inspections {
  readonly #kept = new Map<string, { readonly stamp: string; readonly inspection: Inspection }>();

  async inspect(backend: Backend, path: string): Promise<Inspection> {
    const weights = await lookAt(join(path, backend.weightsFile ?? ""));
    const key = `${backend.id}:${path}`;
    const stamp = `${weights?.bytes} ${weights?.mtimeMs}`;
    const kept = this.#kept.get(key);
    if (kept?.stamp === stamp) return kept.inspection;
    const inspection = { ...(await lookInto(backend, path)), weights };
    if (weights === null) this.#kept.delete(key);
    else this.#kept.set(key, { stamp, inspection });
    return inspection;
  }
}

// --- internal ---

async function lookInto(backend: Backend, path: string): Promise<Omit<Inspection, "weights">> {
  try {
    const capabilities = await backend.inspect(path);
    return { isAccepted: capabilities !== null, capabilities };
  } catch (error) {
    if (!(error instanceof AsrError)) throw error;
    // Of this engine, and damaged: the engine says how when it loads it.
    return { isAccepted: true, capabilities: null };
  }
}

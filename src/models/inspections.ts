/** Inspects the files of models. Caches each result until the files change. */
import { AsrError } from "../errors.ts";
import type { Capabilities } from "../ipc/capabilities.ts";
import type { Backend } from "./backends/backend.ts";
import { type FileFacts, readFacts } from "./file-facts.ts";
import { weightsPath } from "./weights-path.ts";

export interface Inspection {
  /**
   * Whether the files are a model for the inspected backend. False when the files are missing or are a model for
   * another backend.
   */
  readonly isAccepted: boolean;
  /** Capabilities of the model. Null when the capabilities are known only after the model is loaded. */
  readonly capabilities: Capabilities | null;
  /** Facts about the file with the weights. Null when the file is missing. */
  readonly weights: FileFacts | null;
}

export class Inspections {
  readonly #cache = new Map<string, { readonly stamp: string; readonly inspection: Inspection }>();

  async inspect(backend: Backend, path: string): Promise<Inspection> {
    const weights = await readFacts(await weightsPath(backend, path));
    const key = `${backend.id}:${path}`;
    const stamp = `${weights?.bytes} ${weights?.mtimeMs}`;
    const cached = this.#cache.get(key);
    if (cached?.stamp === stamp) return cached.inspection;
    const inspection = { ...(await inspectFiles(backend, path)), weights };
    if (weights === null) this.#cache.delete(key);
    else this.#cache.set(key, { stamp, inspection });
    return inspection;
  }
}

// --- internal ---

async function inspectFiles(backend: Backend, path: string): Promise<Omit<Inspection, "weights">> {
  try {
    const capabilities = await backend.inspect(path);
    return { isAccepted: capabilities !== null, capabilities };
  } catch (error) {
    if (!(error instanceof AsrError)) throw error;
    // The files are a model for this backend, but the model is damaged. The engine will report the reason when it loads
    // the model.
    return { isAccepted: true, capabilities: null };
  }
}

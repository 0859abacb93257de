/** Creates a model in the form that the catalog returns, for tests without a model file. */
import type { ResolvedModel } from "../../src/jobs/job.ts";

/** Returns a model whose capabilities are unknown until it is loaded. */
export function modelCalled(id: string): ResolvedModel {
  const facts = { bytes: 0, mtimeMs: null, capabilities: null, chunkMaxS: 30 };
  return { id, backend: "whisper-cpp", source: { embedded: id }, ...facts };
}

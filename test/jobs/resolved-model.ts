/** A model as the catalog returns it, for tests without a model file. */
import type { ResolvedModel } from "../../src/jobs/job.ts";

/** The capabilities of this model are unknown until it is loaded. */
export function modelCalled(id: string): ResolvedModel {
  const facts = { bytes: 0, mtimeMs: null, capabilities: null, chunkMaxS: 30 };
  return { id, backend: "whisper-cpp", source: { embedded: id }, ...facts };
}

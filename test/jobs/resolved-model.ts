/** A model as the catalog finds it, for tests that load none. */
import type { ResolvedModel } from "../../src/jobs/job.ts";

/** Its capabilities are known only after it is loaded. */
export function modelCalled(id: string): ResolvedModel {
  const facts = { bytes: 0, mtimeMs: null, capabilities: null, chunkMaxS: 30 };
  return { id, backend: "whisper-cpp", source: { embedded: id }, ...facts };
}

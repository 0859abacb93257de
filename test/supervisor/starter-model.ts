import type { ResolvedModel } from "../../src/jobs/job.ts";

/** The starter model on CTranslate2, as the registry describes it to other parts of the server. */
export const starterModel: ResolvedModel = {
  id: "base",
  backend: "faster-whisper",
  source: { embedded: "starter-model" },
  bytes: 1000,
  mtimeMs: null,
  capabilities: null,
  chunkMaxS: 30,
};

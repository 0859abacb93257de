/** The engine without model files, for tests of the code around an engine. */
import type { Backend } from "./backend.ts";

export const nullBackend: Backend = {
  id: "null",
  displayName: "null",
  library: "null",
  devices: ["cpu"],
  patterns: ["echo", "transducer", "streaming", "slow", "stuck", "bad", "oom", "greedy", "mortal"],
  publishedModels: [],
  embedded: {},
  form: "name",
  chunkMaxS: 30,
  pathMeans: "nothing",
  inspect: () => Promise.resolve(null),
};

/** The engine without model files, for tests of the code around an engine. */
import type { Backend } from "./backend.ts";

export const nullBackend: Backend = {
  id: "null",
  displayName: "null",
  library: "null",
  devices: ["cpu"],
  capabilities: { prompt: true, words: true, segments: true, languages: true },
  patterns: ["echo", "transducer", "streaming", "slow", "stuck", "bad", "oom", "greedy", "mortal"],
  embedded: {},
  form: "name",
  pathMeans: "nothing",
};

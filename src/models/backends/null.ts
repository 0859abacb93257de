/** The engine without a model, for tests of everything around an engine. */
import type { Backend } from "./backend.ts";

export const nullBackend: Backend = {
  id: "null",
  displayName: "null",
  library: "null",
  devices: ["cpu"],
  patterns: ["echo", "slow", "stuck", "bad", "oom", "greedy", "mortal"],
  publishedModels: [],
  embedded: {},
  form: "name",
  pathMeans: "nothing",
  inspect: () => Promise.resolve(null),
};

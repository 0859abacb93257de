/** An engine without model files, for tests of the code around engines. */
import { type Backend, whisperMemory } from "./backend.ts";

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
  memory: whisperMemory,
  expectedPath: "nothing",
  inspect: () => Promise.resolve(null),
};

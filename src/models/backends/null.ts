/** Defines the backend of an engine without model files. Tests use it to check the code that runs engines. */
import type { Backend } from "./backend.ts";
import { whisperFacts } from "./whisper.ts";

export const nullBackend: Backend = {
  id: "null",
  displayName: "null",
  library: "null",
  devices: ["cpu"],
  patterns: ["echo", "transducer", "streaming", "slow", "stuck", "bad", "oom", "greedy", "mortal"],
  publishedModels: [],
  embedded: {},
  storage: "none",
  ...whisperFacts,
  expectedPath: "nothing",
  inspect: () => Promise.resolve(null),
};

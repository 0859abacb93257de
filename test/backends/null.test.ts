/** The null engine under the conformance suite. */
import { testBackend } from "./backend.case.ts";
import { builtLibrary } from "./built.ts";
import { tone } from "./signals.ts";

testBackend({
  id: "null",
  libraryPath: builtLibrary("null"),
  model: "echo",
  speech: tone(3),
  language: "en",
  says: null,
  skip: [
    {
      reason: "it has no model file",
      cases: ["refuses a model cut short, wherever it is cut", "loads a model from memory"],
    },
    { reason: "it does not sample", cases: ["samples by its seed"] },
    {
      reason: "it has no window to choose",
      cases: ["takes windows of several lengths", "refuses more audio than its window holds"],
    },
    {
      reason: "it has no encoder",
      cases: ["stops inside its encoder when it is cancelled, and works on"],
    },
    {
      reason: "it takes every language for its own",
      cases: ["refuses a language it does not have"],
    },
    { reason: "its prompts are commands", cases: ["forgets the prompt of the chunk before"] },
  ],
});

/** Mutations of src/models/. */
import type { Mutation } from "./list.ts";

const catalog: readonly string[] = [
  "test/models/catalog.test.ts",
  "test/models/other-names.test.ts",
];
const names: readonly string[] = ["test/models/model-names.test.ts"];

export const modelsMutations: readonly Mutation[] = [
  {
    file: "src/models/catalog.ts",
    breaks: "each reading of a client's name must be allowed",
    from: "refs.filter((ref) => this.#isAllowed(ref))",
    to: "refs",
    suites: catalog,
  },
  {
    file: "src/models/catalog.ts",
    breaks: "the names of the default model stand for the same readings",
    from: "readingsOf(operatorRef(meansDefaultModel(name) ? starterModel : name, options.modelDir))",
    to: "[operatorRef(meansDefaultModel(name) ? starterModel : name, options.modelDir)]",
    suites: catalog,
  },
  {
    file: "src/models/written-refs.ts",
    breaks: "an operator's name is a path only when a file is there",
    from: ".find(isAtPath)",
    to: ".at(-1)",
    suites: catalog,
  },
  {
    file: "src/models/model-names.ts",
    breaks: "a name with a backend stands for itself",
    from: "if (ref.isPath || ref.backend !== null)",
    to: "if (ref.isPath)",
    suites: names,
  },
  {
    file: "src/models/model-finder.ts",
    breaks: "the operator's default backend runs the model inside the executable",
    from: "embedding.find(({ id }) => id === defaultBackend)",
    to: "embedding.find(({ id }) => id === null)",
    suites: ["test/models/starter-model.test.ts"],
  },
  {
    file: "src/models/backends/starter.ts",
    breaks: "an old CPU runs the starter model on whisper.cpp",
    from: "!machine.cpuFeatures.has(fastWith)",
    to: "machine.cpuFeatures.size === 0",
    suites: ["test/models/backends/starter.test.ts"],
  },
];

/** Mutations of src/models/. */
import type { Mutation } from "./list.ts";

const catalog: readonly string[] = [
  "test/models/catalog.test.ts",
  "test/models/other-names.test.ts",
];
const names: readonly string[] = ["test/models/model-names.test.ts"];
const removal: readonly string[] = ["test/models/hub/remove.test.ts"];
const imports: readonly string[] = ["test/models/import/import-model.test.ts"];

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
    file: "src/models/hub/remove.ts",
    breaks: "a file that another snapshot uses stays",
    from: ".filter((blob) => !used.has(blob))",
    to: '.filter((blob) => blob !== "")',
    suites: removal,
  },
  {
    file: "src/models/hub/remove.ts",
    breaks: "files of other tools stay",
    from: "if (foreign !== undefined && !force)",
    to: "if (foreign !== undefined && !force && false)",
    suites: removal,
  },
  {
    file: "src/models/hub/remove.ts",
    breaks: "a link in the place of a folder is not followed",
    from: "if (await isLink(folder)) throw",
    to: 'if (folder === "") throw',
    suites: removal,
  },
  {
    file: "src/models/hub/download.ts",
    breaks: "a file that was there before is not the download's own",
    from: "if (isOurs) await recordBlob",
    to: 'if (isOurs || commit !== "") await recordBlob',
    suites: removal,
  },
  {
    file: "src/models/import/entries.ts",
    breaks: "no path of an archive leads out of it",
    from: 'name === ".." || name === "."',
    to: 'name === "."',
    suites: imports,
  },
  {
    file: "src/models/import/import-model.ts",
    breaks: "the hashes in a copy of a cache are checked",
    from: "if (hash !== file.sha256 && hash !== file.gitSha1)",
    to: 'if (hash === "")',
    suites: imports,
  },
];

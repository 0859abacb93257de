/** Lists the mutations of src/models/. */
import type { Mutation } from "./list.ts";

const catalog: readonly string[] = [
  "test/models/catalog.test.ts",
  "test/models/other-names.test.ts",
];
const names: readonly string[] = ["test/models/model-names.test.ts"];
const removal: readonly string[] = ["test/models/hub/remove.test.ts"];
const imports: readonly string[] = ["test/models/import/import-model.test.ts"];
const revisions: readonly string[] = ["test/models/revisions.test.ts"];
const refresh: readonly string[] = ["test/models/refresh.test.ts"];
const backends: readonly string[] = ["test/models/backends/backend-names.test.ts"];
const formats: readonly string[] = ["test/models/formats", "test/models/fuzz"];

export const modelsMutations: readonly Mutation[] = [
  {
    file: "src/models/formats/gguf-speech.ts",
    breaks: "a model that translates into other languages only does not translate",
    from: 'targets.length === 0 || targets.includes("en")',
    to: "targets.length < 9",
    suites: formats,
  },
  {
    file: "src/models/formats/gguf.ts",
    breaks: "a header longer than the first part is read",
    from: "if (head.length === fileBytes) break;",
    to: "break;",
    suites: formats,
  },
  {
    file: "src/models/backends/transcribe-cpp-models.ts",
    breaks: "the name of another organization means the published file",
    from: String.raw`/^(?:[^/]+\/)?(.+?)`,
    to: "/^(.+?)",
    suites: backends,
  },
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
    from: "const readings = readingsOf(ref);",
    to: "const readings = [ref];",
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
  {
    file: "src/models/catalog.ts",
    breaks: "a glob without @ allows only the main branch",
    from: '!isRevision || glob.includes("@")',
    to: "true",
    suites: revisions,
  },
  {
    file: "src/models/model-finder.ts",
    breaks: "a folder of the operator is not a revision",
    from: "if (modelDir === null || revision !== mainRevision)",
    to: "if (modelDir === null)",
    suites: revisions,
  },
  {
    file: "src/models/model-finder.ts",
    breaks: "only a model in the cache is compared with the hub",
    from: "this.#localFrom(isCached ? hub : null,",
    to: "this.#localFrom(null,",
    suites: refresh,
  },
  {
    file: "src/models/pulls.ts",
    breaks: "a process looks for a newer version once",
    from: "this.#refreshed.has(key) || isCommit(pull.revision)",
    to: "isCommit(pull.revision)",
    suites: refresh,
  },
  {
    file: "src/models/pulls.ts",
    breaks: "clients cause the download of main branches only",
    from: "remote.isPublished && revision === mainRevision",
    to: "remote.isPublished",
    suites: ["test/models/revision-downloads.test.ts"],
  },
  {
    file: "src/models/aliases.ts",
    breaks: "a circular alias is found",
    from: "if (seen.has(key)) return null;",
    to: "if (seen.has(key)) return model;",
    suites: ["test/models/aliases.test.ts"],
  },
  {
    file: "src/models/backends/backend-names.ts",
    breaks: "the operator's backend comes before the platform's",
    from: "    defaultBackend,\n    ...preferences",
    to: "    ...preferences",
    suites: backends,
  },
  {
    file: "src/models/formats/ggml-whisper.ts",
    breaks: "a header describes no more weights than the file has bytes for",
    from: "if (fileBytes < bytes) {",
    to: "if (fileBytes < 0) {",
    suites: formats,
  },
  {
    file: "src/models/formats/ctranslate2-whisper.ts",
    breaks: "a damaged JSON file is a named fault",
    from: "throw damaged(`its ${file} is damaged`, cause);",
    to: "throw cause;",
    suites: formats,
  },
  {
    file: "src/models/backends/device.ts",
    breaks: "CUDA is used only where CTranslate2 contains it",
    from: 'platform !== "linux" || arch !== "x64"',
    to: 'platform === "darwin"',
    suites: ["test/models/backends/device.test.ts"],
  },
  {
    file: "src/platform/nvidia.ts",
    breaks: "a GPU is not used without all libraries of cuBLAS",
    from: "[driverLibrary, ...cublasLibraries]",
    to: "[driverLibrary, cublasLibraries[0]]",
    suites: ["test/platform/nvidia.test.ts"],
  },
  {
    file: "src/platform/nvidia.ts",
    breaks: "a driver that is too old is named",
    from: "Number.parseInt(driverVersion, 10) < driverMajorMin",
    to: "driverMajorMin < 0",
    suites: ["test/platform/nvidia.test.ts"],
  },
  {
    file: "src/models/formats/ctranslate2-whisper.ts",
    breaks: "a model whose decoder lacks layers of the encoder does not translate",
    from: 'encoder.isSubsetOf(layersOf("decoder"))',
    to: "true",
    suites: formats,
  },
  {
    file: "src/models/required-task.ts",
    breaks: "a published model that only transcribes is not downloaded for a translation",
    from: "requireTranslation({ translate: false }, formatModelRef(first.ref));",
    to: "return;",
    suites: ["test/models/required-task.test.ts"],
  },
  {
    file: "src/models/backends/whisper.ts",
    breaks: "published English models do not translate",
    from: "\\.en(?:-|$)|",
    to: "",
    suites: ["test/models/required-task.test.ts"],
  },
];

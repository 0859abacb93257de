/** Lists the mutations of src/cli/transcribe/. */
import type { Mutation } from "./list.ts";

const walk: readonly string[] = ["test/cli/transcribe/folder-walk.test.ts"];
const order: readonly string[] = ["test/cli/transcribe/output-order.test.ts"];
const totals: readonly string[] = ["test/cli/transcribe/audio-totals.test.ts"];
const progress: readonly string[] = ["test/cli/transcribe/batch-progress.test.ts"];
const record: readonly string[] = ["test/cli/transcribe/finished-record.test.ts"];
const plan: readonly string[] = ["test/cli/transcribe/output-plan.test.ts"];

export const transcribeMutations: readonly Mutation[] = [
  {
    file: "src/cli/transcribe/media-files.ts",
    breaks: "extensions are compared without case",
    from: ".slice(1).toLowerCase()",
    to: ".slice(1)",
    suites: walk,
  },
  {
    file: "src/cli/transcribe/folder-walk.ts",
    breaks: "folders below the depth are not searched",
    from: 'kind === "folder" && depth < options.depthMax',
    to: 'kind === "folder" && depth <= options.depthMax',
    suites: walk,
  },
  {
    file: "src/cli/transcribe/folder-walk.ts",
    breaks: "entries that are not audio count, too",
    from: "    note();\n",
    to: "    if (options.accepts(name)) note();\n",
    suites: walk,
  },
  {
    file: "src/cli/transcribe/output-names.ts",
    breaks: "only files of one folder keep their extension",
    from: "others.length > 1 && isOneFolder",
    to: "others.length > 1",
    suites: plan,
  },
  {
    file: "src/cli/transcribe/turns.ts",
    breaks: "a turn that ends early does not start the next one",
    from: "Promise.all([come, ended])",
    to: "Promise.all([ended])",
    suites: order,
  },
  {
    file: "src/cli/transcribe/ordered-lines.ts",
    breaks: "lines are in order at the end, too",
    from: ".toSorted(([one], [other]) => one - other)",
    to: "",
    suites: order,
  },
  {
    file: "src/cli/transcribe/audio-totals.ts",
    breaks: "the bit rate is that of the extension",
    from: "one.knownBytes > 0 ? one : all",
    to: "all",
    suites: totals,
  },
  {
    file: "src/cli/transcribe/audio-totals.ts",
    breaks: "the audio of a file that failed does not count as done",
    from: "    this.#doneS -= file.doneS;\n",
    to: "",
    suites: totals,
  },
  {
    file: "src/cli/transcribe/batch-progress.ts",
    breaks: "no progress is shown inside a line of text",
    from: "file === undefined || this.isHeld",
    to: "file === undefined",
    suites: progress,
  },
  {
    file: "src/cli/transcribe/batch-progress.ts",
    breaks: "the load of the model does not count as work",
    from: "    this.#running.add(index);\n",
    to: "    this.#running.add(index);\n    this.#startMs ??= this.#now();\n",
    suites: progress,
  },
  {
    file: "src/cli/transcribe/finished-record.ts",
    breaks: "a transcript that was deleted is not finished",
    from: "isSame && existsSync(systemPath(path))",
    to: "isSame",
    suites: record,
  },
  {
    file: "src/cli/transcribe/finished-record.ts",
    breaks: "an incomplete line does not damage the next line",
    from: "endsInLine(descriptor, size) ? `\\n${text}` : text",
    to: "text",
    suites: record,
  },
  {
    file: "src/cli/transcribe/finished-record.ts",
    breaks: "a record is not a link to another file",
    from: "flags | careful",
    to: "flags | (constants.O_NONBLOCK ?? 0)",
    suites: record,
  },
  {
    file: "src/cli/transcribe/finished-record.ts",
    breaks: "a record is a regular file",
    from: "if (!stats.isFile()) throw",
    to: "if (stats.isDirectory()) throw",
    suites: record,
  },
  {
    file: "src/cli/transcribe/fingerprint.ts",
    breaks: "a commit stands for the files of a model",
    from: "place?.commit ?? mtimeMs",
    to: "mtimeMs",
    suites: record,
  },
  {
    file: "src/cli/transcribe/fingerprint.ts",
    breaks: "limits of subtitles do not concern other formats",
    from: "hasCues(format) ? cueLimits : null",
    to: "cueLimits",
    suites: record,
  },
  {
    file: "src/cli/transcribe/profile.ts",
    breaks: "the last report of a file replaces the earlier ones",
    from: "this.#files.set(index, work);",
    to: "this.#files.set(this.#files.size, work);",
    suites: ["test/cli/transcribe/profile.test.ts"],
  },
];

/** Lists the mutations of src/cli/ and src/settings/. */
import type { Mutation } from "./list.ts";

const commandLine = ["test/cli/command-line.test.ts"];

export const cliMutations: readonly Mutation[] = [
  {
    file: "src/cli/help-layout.ts",
    breaks: "help fits a terminal of 80 columns",
    from: "helpWidth - rightColumn",
    to: "helpWidth",
    suites: ["test/cli/help-layout.test.ts"],
  },
  {
    file: "src/cli/start-line.ts",
    breaks: "the base URL reaches a server that listens on every address",
    from: "wildcards[hostname] ?? hostname",
    to: "hostname",
    suites: ["test/cli/start-line.test.ts"],
  },
  {
    file: "src/settings/nearest-setting.ts",
    breaks: "the prefix of a variable does not count in a suggestion",
    from: 'flag.replace(/^open-asr-(?:server-)?/, "")',
    to: "flag",
    suites: ["test/settings/nearest-setting.test.ts"],
  },
  {
    file: "src/cli/flags.ts",
    breaks: "a flag that is given twice is rejected",
    from: "earlier !== undefined && !repeating.has(token.name)",
    to: "earlier !== undefined && repeating.size === 0",
    suites: commandLine,
  },
  {
    file: "src/cli/flags.ts",
    breaks: "a flag does not take the next flag as its value",
    from: "inlineValue !== true && /^-./.test(value)",
    to: 'inlineValue !== true && value === "--"',
    suites: commandLine,
  },
  {
    file: "src/cli/download-progress.ts",
    breaks: "the speed of a download is that of the last seconds",
    from: "if (this.#samples.length > samplesMax) this.#samples.shift();",
    to: "",
    suites: ["test/cli/download-progress.test.ts"],
  },
  {
    file: "src/cli/download-progress.ts",
    breaks: "a download that stalls shows its last bytes, too",
    from: "this.#timer = setTimeout(() => this.update(this.#latest), this.#pauseMs + 1).unref();",
    to: "",
    suites: ["test/cli/download-progress.test.ts"],
  },
  {
    file: "src/cli/smoke/outcome.ts",
    breaks: "smoke accepts at most one wrong word in five",
    from: "wrong <= words / 5",
    to: "wrong < words",
    suites: ["test/cli/smoke/outcome.test.ts"],
  },
  {
    file: "src/cli/smoke/outcome.ts",
    breaks: "smoke fails when the backend that the user names is not ready",
    from: '(status === "not_ready" && named === null)',
    to: 'status === "not_ready"',
    suites: ["test/cli/smoke/outcome.test.ts"],
  },
  {
    file: "src/cli/bench/budget.ts",
    breaks: "the measurements of bench end at the limit",
    from: "this.#expired.abort()",
    to: "undefined",
    suites: ["test/cli/bench/budget.test.ts"],
  },
  {
    file: "src/settings/config.ts",
    breaks: "the limits and keys of the server do not apply to bench",
    from: "!commands.includes(command)",
    to: "commands.includes(command)",
    suites: ["test/settings/config.test.ts"],
  },
  {
    file: "src/cli/bench/throughput.ts",
    breaks: "the clients of bench send their requests at the same time",
    from: "Array.from({ length: clients }, (_, index) => client(index))",
    to: "[client(0)]",
    suites: ["test/cli/bench/budget.test.ts"],
  },
  {
    file: "src/cli/bench/one-client.ts",
    breaks: "in the long audio of bench, a pause follows each round of samples",
    from: "[...samples, silence(pauseS)]",
    to: "silence.length > 9 ? [] : samples",
    suites: ["test/cli/bench/one-client.test.ts"],
  },
];

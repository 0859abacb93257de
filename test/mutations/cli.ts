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
    file: "src/cli/doctor/probe.ts",
    breaks: "a check that fails is a note, and the other checks go on",
    from: "return { facts: null, findings: [note(check, `could not be checked: ${reason}`)] };",
    to: "throw new Error(reason);",
    suites: ["test/cli/doctor-probe.test.ts"],
  },
  {
    file: "src/cli/doctor/probe.ts",
    breaks: "a check that never ends has a time limit",
    from: "AbortSignal.timeout(msMax)",
    to: "new AbortController().signal",
    suites: ["test/cli/doctor-probe.test.ts"],
  },
];

/** Lists the mutations of src/cli/ and src/settings/. */
import type { Mutation } from "./list.ts";

const configFile = ["test/settings/config-file.test.ts"];
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
    file: "src/cli/local-host.ts",
    breaks: "the base URL reaches a server that listens on every address",
    from: "wildcards[hostname] ?? hostname",
    to: "hostname",
    suites: ["test/cli/start-line.test.ts"],
  },
  {
    file: "src/settings/setting.ts",
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
    file: "src/settings/read-setting.ts",
    breaks: "a variable has priority over the configuration file",
    from: "if (fromVariable !== undefined) {",
    to: "if (fromVariable !== undefined && !file?.values.has(fileKey(entry) ?? variable)) {",
    suites: configFile,
  },
  {
    file: "src/settings/config-file.ts",
    breaks: "a file with secrets that the group can read is rejected",
    from: "(stats.mode & 0o077) !== 0",
    to: "(stats.mode & 0o007) !== 0",
    suites: configFile,
  },
  {
    file: "src/settings/config-file.ts",
    breaks: "an error of the TOML parser does not quote the file",
    from: 'const [first = ""] = error.message.split("\\n");',
    to: "const first = error.message;",
    suites: configFile,
  },
  {
    file: "src/settings/config-file.ts",
    breaks: "the line of a key that is there twice is not guessed",
    from: "for (const key of uncertain) lines.delete(key);",
    to: "",
    suites: configFile,
  },
  {
    file: "src/settings/config-file.ts",
    breaks: "opening a named pipe does not wait for a writer",
    from: "constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)",
    to: "constants.O_RDONLY",
    suites: configFile,
  },
  {
    file: "src/settings/file-value.ts",
    breaks: "an error about a secret does not contain it",
    from: 'secret === true ? "is invalid"',
    to: 'secret === null ? "is invalid"',
    suites: configFile,
  },
  {
    file: "src/settings/file-value.ts",
    breaks: "a number in quotes is rejected",
    from: 'typeof written === "number" ? type.read',
    to: 'typeof written !== "object" ? type.read',
    suites: configFile,
  },
  {
    file: "src/settings/config-file-path.ts",
    breaks: "a relative XDG_CONFIG_HOME is ignored",
    from: "absolute(xdg) ??",
    to: "xdg ??",
    suites: configFile,
  },
  {
    file: "src/cli/manual/roff.ts",
    breaks: "a line of the manual page that starts with a dot is no macro",
    from: 'text.startsWith(".")',
    to: 'text === "."',
    suites: ["test/cli/roff.test.ts"],
  },
];

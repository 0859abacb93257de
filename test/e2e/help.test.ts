/** Tests that the help of the executable fits a terminal with 80 columns, and lists every flag, setting and example. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readArgs } from "../../src/cli/flags.ts";
import { commonSettings, settings } from "../../src/settings/index.ts";
import { defaultText, type Setting, settingsCommand } from "../../src/settings/setting.ts";
import { commandArgs, commandIn } from "../cli/commands.ts";
import { executable, openScratch, type Scratch } from "./executable.ts";

const names = Object.keys(commandArgs);
const entries = Object.values<Setting<unknown>>(settings);
const visible = entries.filter(({ hidden }) => !hidden);
const argsOf = (name: string) => commandArgs[name] ?? {};

let scratch: Scratch;
beforeAll(() => {
  scratch = openScratch();
});
afterAll(() => scratch[Symbol.dispose]());

function helpOf(...args: readonly string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([executable, ...args], {
    env: scratch.environment,
  });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return stdout.toString();
}

/** Returns the help text with a single space in place of line breaks and indentation. */
const unwrapped = (help: string) => help.replaceAll(/\s+/g, " ");

test.each([
  [[]],
  [["--help"]],
  [["models"]],
  ...names.flatMap((name) => [
    [[...name.split(" "), "--help"]],
    [[...name.split(" "), "--help-all"]],
  ]),
])("every line of %j has at most 80 columns and no trailing space", (args) => {
  const lines = helpOf(...args).split("\n");
  expect(lines.filter((line) => Bun.stringWidth(line) > 80 || /\s$/.test(line))).toEqual([]);
  expect(lines.length).toBeGreaterThan(10);
});

describe.each(names)("%s", (name) => {
  const settingsOf = visible.filter(({ commands: taken }) => taken.includes(settingsCommand(name)));

  test("--help has a sentence, usage, own flags, common settings and examples", () => {
    const help = helpOf(...name.split(" "), "--help");
    expect(help).toMatch(/^[A-Z][^\n]+\.\n\nUSAGE\n {2}open-asr-server /);
    expect(help).toMatch(/\n\nEXAMPLES\n(?: {2}.+:\n(?: {4}.+\n)+)+$/);
    for (const [flag, definition] of Object.entries(argsOf(name))) {
      const isSetting = settingsOf.some((entry) => entry.flag === flag);
      if (isSetting || definition.type === "positional") continue;
      expect(help).toMatch(new RegExp(`\\n  (?:-\\w, )*--${flag}[ \\n]`));
      expect(unwrapped(help)).toContain(definition.description!);
    }
    const shown = [...help.matchAll(/\n {2}(?:-\w, )?--([\w-]+)/g)].map(([, flag]) => flag);
    const common = commonSettings.filter((entry) => settingsOf.includes(entry));
    const positions = common.map(({ flag }) => shown.indexOf(flag));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(positions[0] ?? 0).toBeGreaterThanOrEqual(0);
    expect(positions.length > 0).toBe(settingsOf.length > 0);
    const others = settingsOf.filter((entry) => !common.includes(entry));
    expect(others.filter(({ flag }) => shown.includes(flag))).toEqual([]);
  });

  test("--help-all lists every setting with its flag, variable, range and default", () => {
    const help = helpOf(...name.split(" "), "--help-all");
    for (const entry of settingsOf) {
      const { flag, alias, variable, value, help: words } = entry;
      const term = flag === undefined ? variable : `--${flag} ${value.hint}`;
      const facts = [alias === undefined ? term : `-${alias}, ${term}`, words];
      facts.push(`${value.range}; default: ${defaultText(entry)}`);
      if (flag !== undefined) facts.push(variable);
      expect(unwrapped(help)).toContain(` ${facts.join(" ")} `);
    }
    for (const { variable } of entries.filter((entry) => !settingsOf.includes(entry))) {
      expect(help).not.toMatch(new RegExp(`\\b${variable}\\n`));
    }
  });
});

test("serve --help starts with the settings that most operators need", () => {
  const lines = helpOf("serve", "--help").split("\n");
  const shown = lines.flatMap((line) => /^ {2}(?:-\w, )?--([\w-]+)/.exec(line)?.[1] ?? []);
  const common = "host port api-key-file model preload workers log-level";
  expect(shown.join(" ")).toBe(
    `${common} allowed-hosts cors-origins model-dir config help help-all`,
  );
});

test("transcribe --help starts with the flags that most users need", () => {
  const flags = helpOf("transcribe", "--help").matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gmu);
  expect(Array.from(flags, ([, flag]) => flag).slice(0, 3)).toEqual([
    "output",
    "format",
    "language",
  ]);
});

test.each([
  ["smoke", "smoke [BACKEND] [FLAGS]"],
  ["bench", "bench [MODEL...] [FLAGS]"],
  ["transcribe", "transcribe FILE... [FLAGS]"],
])("the usage of %s has brackets around what can be left out", (name, usage) => {
  expect(helpOf(name, "--help")).toContain(`  open-asr-server ${usage}\n`);
  expect(helpOf("man").replaceAll(/\\f[A-Z]|\\/gu, "")).toContain(`open-asr-server ${usage}\n`);
});

test.each([["--version"], ["help"]])("%s --help prints the help", (word) => {
  expect(helpOf(word, "--help")).toBe(helpOf());
});

test.skipIf(!existsSync("/dev/full"))("a full disk at standard output is one line", () => {
  for (const command of ["--help", "man", "config --json", "completion zsh", "models list"]) {
    const { stderr, exitCode } = Bun.spawnSync(["bash", "-c", `"$ASR" ${command} > /dev/full`], {
      env: { ...scratch.environment, ASR: executable },
    });
    expect(stderr.toString()).toBe(
      "open-asr-server: Cannot write to standard output: the disk is full\n",
    );
    expect(exitCode).toBe(1);
  }
});

test("every example in the help is a command with existing flags", () => {
  const pages = [
    helpOf(),
    helpOf("models"),
    ...names.map((name) => helpOf(...name.split(" "), "--help")),
  ];
  const examples = pages
    .flatMap((page) => page.replaceAll(/ \\\n\s+/g, " ").split("\n"))
    .flatMap((line) => /^ {4}.*?open-asr-server ([^|>]*?)(?: >.*)?$/.exec(line)?.[1] ?? []);
  expect(examples.length).toBeGreaterThan(10);
  for (const example of examples) {
    if (example.startsWith("help ")) continue;
    const name = commandIn(example)!;
    expect(names).toContain(name);
    readArgs(example.split(" ").slice(name.split(" ").length), argsOf(name), name);
  }
});

test.skipIf(Bun.which("script") === null || process.platform !== "linux")(
  "headings are bold in a terminal, unless NO_COLOR is set",
  () => {
    const shown = (more: Readonly<Record<string, string>>) => {
      const command = ["script", "-qec", `"${executable}" serve --help`, "/dev/null"];
      const env = { PATH: "/usr/bin:/bin", ...scratch.environment, ...more };
      return Bun.spawnSync(command, { env }).stdout.toString();
    };
    expect(shown({})).toContain("\u001B[1mUSAGE\u001B[22m");
    const plain = shown({ NO_COLOR: "1" });
    expect(plain).toContain("USAGE");
    expect(plain).not.toContain("\u001B");
  },
);

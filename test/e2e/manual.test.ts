/** Tests the manual page that the command `man` prints, with the programs that display manual pages. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settings } from "../../src/settings/index.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { commandArgs } from "../cli/commands.ts";
import { openCommandLine } from "./command.ts";

let command: ReturnType<typeof openCommandLine>;
let path: string;
let page: string;
beforeAll(async () => {
  command = openCommandLine();
  path = join(command.folder, "open-asr-server.1");
  const { stdout, code } = await command.run(["man"]);
  expect(code).toBe(0);
  page = stdout;
  writeFileSync(path, page);
});
afterAll(() => command[Symbol.dispose]());

/** Runs a test with a program that displays manual pages. Skips the test on a machine that lacks the program. */
function testProgram(program: string, name: string, run: () => void): void {
  const isMissing = Bun.which(program) === null;
  if (isMissing) console.error(`${program}: skipped, this machine has no ${program}`);
  test.skipIf(isMissing)(`${program} ${name}`, run);
}

function outputOf(args: readonly string[]): string {
  const { stdout, stderr } = Bun.spawnSync([...args], {
    env: { PATH: "/usr/bin:/bin:/usr/local/bin", LC_ALL: "C.UTF-8", MANWIDTH: "300" },
  });
  return stdout.toString() + stderr.toString();
}

testProgram(
  "mandoc",
  "finds no mistake except the missing date, which would differ per build",
  () => {
    const lines = outputOf(["mandoc", "-T", "lint", path]).trim().split("\n");
    expect(lines).toEqual([expect.stringContaining("missing date")]);
  },
);

testProgram("man", "finds no mistake, and shows every command, flag and setting", () => {
  expect(outputOf(["man", "--warnings=all", "-T", "utf8", "-l", path])).not.toContain("warning");
  const shown = outputOf(["man", "-l", path]).replaceAll(/\s+/gu, " ");
  for (const [name, args] of Object.entries(commandArgs)) {
    expect(shown).toContain(` open-asr-server ${name} `);
    const flags = Object.entries(args).filter(([, { type }]) => type !== "positional");
    for (const [flag, { description = "" }] of flags) {
      expect(shown).toContain(`--${flag} `);
      expect(shown).toContain(` ${description}. `);
    }
  }
  const visible = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => !hidden);
  for (const { variable, value } of visible) {
    expect(shown).toContain(variable);
    expect(shown).toContain(value.range);
  }
});

test("no text of the page is read as a macro", () => {
  const macros = [...page.matchAll(/^[.'](\S*)/gmu)].map(([, name]) => name);
  expect(new Set(macros)).toEqual(new Set(["PP", "SH", "SS", "TH", "TP", "br", "fi", "in", "nf"]));
});

test("man takes no arguments", async () => {
  const { stderr, code } = await command.run(["man", "serve"]);
  expect(stderr).toContain('man takes flags only, found "serve"');
  expect(code).toBe(2);
});

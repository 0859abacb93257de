/**
 * Tests `transcribe` in a terminal: the progress fits the width, text appears while it is transcribed, and nothing
 * remains on the line after Ctrl-C.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const spoken = ["--model", "null:echo", "--prompt", "say hello there."];
const tiny = ["--model", join(repository, ".build/models/ggml-tiny.en-q8_0.bin")];
const clearLine = "\r\u001B[K";
const names = [
  "the recording of the meeting of last Tuesday, second part.wav",
  "会議の録音、先週の火曜日、第二部、東京本社.wav",
  `${"e\u0301\u0323".repeat(40)}.wav`,
];

let command: ReturnType<typeof openCommandLine>;
beforeAll(async () => {
  command = openCommandLine(nullEngine);
  const audio = Buffer.from(await wavOf(1, tone).arrayBuffer());
  for (const name of names) writeFileSync(join(command.folder, name), audio);
});
afterAll(() => command[Symbol.dispose]());

/**
 * Returns the lines that a terminal shows at the end. A carriage return moves to the start of the line, and the control
 * code clears the line.
 */
function screenOf(text: string): string[] {
  return Bun.stripANSI(text.replaceAll("\u001B[K", "\u0000"))
    .split("\r\n")
    .map((line) => line.slice(line.lastIndexOf("\u0000") + 1));
}

/** Returns the progress lines that were sent to the terminal. */
function progressOf(text: string): string[] {
  return text
    .split(clearLine)
    .slice(1)
    .map((piece) => piece.split("\r\n")[0]!)
    .filter((line) => /\d of \d/.test(line));
}

describe.skipIf(isWindows)("a terminal", () => {
  test.each([40, 120])("of %d columns has progress on one line", async (columns) => {
    const args = ["transcribe", ...names, ...spoken, "-o", `out-${columns}`];
    const { text, code } = await command.inTerminal(args, { columns });
    expect(code).toBe(0);
    const lines = progressOf(text);
    for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThan(columns - 2);
    for (const number of [1, 2, 3]) {
      expect(lines.some((line) => line.startsWith(`${number} of 3 `))).toBe(true);
    }
    expect(lines.some((line) => line.includes("#"))).toBe(columns === 120);
    const written = names.map((name) => {
      return `${name} -> out-${columns}/${name.replace(/\.wav$/, ".txt")}`;
    });
    expect(screenOf(text)).toEqual([...written, ""]);
  });

  test("has a line for each segment, and the name of each file above", async () => {
    const args = ["transcribe", ...names.slice(0, 2), ...spoken];
    const { text, code } = await command.inTerminal(args, { columns: 80 });
    expect(screenOf(text)).toEqual([
      `${names[0]}:`,
      "hello there.",
      "",
      `${names[1]}:`,
      "hello there.",
      "",
    ]);
    expect(code).toBe(0);
  });

  test("has colour unless NO_COLOR is set, and no progress if it cannot clear a line", async () => {
    const args = ["transcribe", names[0]!, ...spoken];
    const shown = (environment: Record<string, string>) =>
      command.inTerminal(args, { columns: 100, environment });
    expect((await shown({})).text).toContain("\u001B[32m#");
    const plain = (await shown({ NO_COLOR: "1" })).text;
    expect(plain).toContain("###");
    expect(plain).not.toContain("\u001B[3");
    expect((await shown({ TERM: "dumb" })).text).toBe("hello there.\r\n");
  });

  test("gets a long recording while it is transcribed, and nothing is left after Ctrl-C", async () => {
    const args = ["transcribe", join(repository, "test/audio/long_en.ogg"), ...tiny];
    const environment = { OPEN_ASR_VAD: "on" };
    const { text, code } = await command.inTerminal(args, {
      columns: 40,
      environment,
      interruptAt: "password",
    });
    expect(code).toBe(130);
    const screen = screenOf(text);
    expect(screen[0]).toContain("password");
    expect(screen.at(-1)).toBe("");
    expect(screen.join("\n")).not.toMatch(/long_en|\d s of/);
    expect(readdirSync(join(command.folder, "spool"))).toEqual([]);
  });

  test("that is interrupted before the first text shows nothing", async () => {
    const args = ["transcribe", names[0]!, names[1]!, "--model", "null:echo", "-o", "never"];
    const { text, code } = await command.inTerminal([...args, "--prompt", "sleep 60"], {
      columns: 40,
      interruptAt: "1 of 2",
    });
    expect(code).toBe(130);
    expect(screenOf(text)).toEqual([""]);
    expect(existsSync(join(command.folder, "never", names[0]!.replace(".wav", ".txt")))).toBe(
      false,
    );
  });
});

describe("a pipe", () => {
  test("gets no progress, and one line of text per file", async () => {
    const { stdout, stderr, code } = await command.run(["transcribe", ...names, ...spoken]);
    expect(stdout).toBe("hello there.\n".repeat(3));
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  test("gets the same bytes as a file, or a line with times for each segment", async () => {
    const path = join(repository, "test/audio/en_demo-abouttotry.flac");
    const environment = { OPEN_ASR_VAD: "on" };
    const args = ["transcribe", path, ...tiny];
    const piped = await command.run(args, { environment });
    await command.run([...args, "-o", "same.txt"], { environment });
    expect(piped.stdout).toBe(readFileSync(join(command.folder, "same.txt"), "utf8"));
    expect(piped.stdout.trimEnd()).not.toContain("\n");

    const timed = await command.run([...args, "--timestamps"], { environment });
    const lines = timed.stdout.trimEnd().split("\n");
    const time = String.raw`\d\d:\d\d:\d\d\.\d{3}`;
    for (const line of lines) expect(line).toMatch(new RegExp(`^\\[${time} --> ${time}\\] \\S`));
    const untimed = lines.map((line) => line.replace(/^\[.*?\] /, "")).join(" ");
    expect(normalisedWords(untimed)).toEqual(normalisedWords(piped.stdout));
  });
});

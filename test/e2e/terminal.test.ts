/**
 * Tests `transcribe` in a terminal. The progress must fit the width of the terminal. The text must appear during the
 * transcription. After Ctrl-C, no progress may remain on the line.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine, until } from "./server.ts";
import { hasTmux, startInTmux } from "./tmux.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const spoken = ["--model", "null:echo", "--prompt", "say hello there."];
const tiny = ["--model", join(repository, ".build/models/ggml-tiny.en-q8_0.bin")];
const summary = /^3 transcribed, 0 skipped, 0 failed; 3\.0 s of audio in \S+ s, \S+x real time$/;
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
 * Returns the lines that a terminal shows after the program has written `text`. The control code ESC[K clears the line,
 * so the part of a line before its last ESC[K is removed.
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
    expect(screenOf(text)).toEqual([...written, expect.stringMatching(summary), ""]);
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

describe.skipIf(!hasTmux)("the screen of tmux", () => {
  test.each([
    [40, /^3 of 4 c\.wav 60 s of ~120 s \d+ s left$/],
    [120, /^3 of 4 #{15}-{15} c\.wav 60 s of ~120 s [\d.]+x \d+ s left$/],
  ])(
    "of %d columns has the progress of all files on one line, and then the written files",
    async (columns, line) => {
      const folder = join(command.folder, `talks-${columns}`);
      mkdirSync(folder);
      const audio = Buffer.from(await wavOf(30, tone).arrayBuffer());
      for (const name of ["a", "b", "c", "d"]) writeFileSync(join(folder, `${name}.wav`), audio);
      const flags = [
        "--workers",
        "1",
        "--parallel",
        "1",
        "-m",
        "null:echo",
        "--prompt",
        "sleep 1200",
      ];
      using screen = startInTmux(["transcribe", ".", "-o", "out", ...flags], {
        folder,
        environment: command.environment,
        columns,
      });
      await until("the third file is shown", () => screen.lines().some((one) => line.test(one)));
      expect(screen.lines()).toEqual([
        "a.wav -> out/a.txt",
        "b.wav -> out/b.txt",
        expect.stringMatching(line),
      ]);
      await until("the command has ended", () => screen.lines().at(-1)!.startsWith("exit: "));
      const [a, b, c, d, ...rest] = screen.lines();
      expect([a, b, c, d]).toEqual(
        ["a", "b", "c", "d"].map((name) => `${name}.wav -> out/${name}.txt`),
      );
      expect(rest.join("")).toMatch(
        /^4 transcribed, 0 skipped, 0 failed; 2 min of ?audio in [\d.]+ s, [\d.]+x real time ?exit: 0$/,
      );
    },
  );
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

/**
 * Tests `transcribe --resume`. The command must skip files whose transcripts are finished, even after an interruption.
 * If the recording, an option or the model has changed, the command must transcribe the file again.
 */
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { finished } from "../finished.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { executable } from "./executable.ts";
import { nullEngine, until } from "./server.ts";
import { speak } from "./spoken.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const { text, spoken } = speak("Hello there.");
const names = ["a", "b", "c", "d", "e", "f"];
const record = ".open-asr-server.jsonl";

let command: ReturnType<typeof openCommandLine>;
let audio: Buffer;
const inFolder = (...parts: string[]) => join(command.folder, ...parts);
const transcripts = () =>
  readdirSync(inFolder("out"))
    .filter((name) => name.endsWith(".txt"))
    .toSorted();

beforeAll(async () => {
  command = openCommandLine(nullEngine);
  audio = Buffer.from(await wavOf(0.5, tone).arrayBuffer());
});
afterAll(() => command[Symbol.dispose]());

beforeEach(() => {
  for (const folder of ["talks", "out"]) {
    rmSync(inFolder(folder), { recursive: true, force: true });
    mkdirSync(inFolder(folder));
  }
  for (const name of names) writeFileSync(inFolder("talks", `${name}.wav`), audio);
});

/**
 * Transcribes the folder with --resume. Returns the first part of the summary: how many files were transcribed, skipped
 * and failed.
 */
async function resumed(...flags: readonly string[]): Promise<string> {
  const args = flags.some((flag) => flag.startsWith("-m") || flag === "--prompt") ? [] : spoken;
  const all = ["transcribe", "talks", "-o", "out", "--resume", ...args, ...flags];
  const { stderr, code } = await command.run(all);
  expect(code).toBe(0);
  return stderr.trimEnd().split("\n").at(-1)!.split(";")[0]!;
}

describe("--resume after a complete run", () => {
  beforeEach(async () => {
    expect((await command.run(["transcribe", "talks", "-o", "out", ...spoken])).code).toBe(0);
  });

  test("skips all files, and transcribes a new file", async () => {
    expect(await resumed()).toBe("0 transcribed, 6 skipped, 0 failed");
    writeFileSync(inFolder("talks/g.wav"), audio);
    expect(await resumed()).toBe("1 transcribed, 6 skipped, 0 failed");
    expect(await resumed()).toBe("0 transcribed, 7 skipped, 0 failed");
  });

  test("transcribes a recording again that was changed, also with the same size", async () => {
    appendFileSync(inFolder("talks/a.wav"), audio);
    utimesSync(inFolder("talks/b.wav"), new Date(), new Date(Date.now() + 5000));
    expect(await resumed()).toBe("2 transcribed, 4 skipped, 0 failed");
  });

  test("transcribes again when a transcript is missing, but keeps one that was edited", async () => {
    rmSync(inFolder("out/a.txt"));
    writeFileSync(inFolder("out/b.txt"), "Corrected by hand.\n");
    expect(await resumed()).toBe("1 transcribed, 5 skipped, 0 failed");
    expect(readFileSync(inFolder("out/a.txt"), "utf8")).toBe(text);
    expect(readFileSync(inFolder("out/b.txt"), "utf8")).toBe("Corrected by hand.\n");
  });

  test.each([
    ["another prompt", ["-m", "null:echo", "--prompt", "say Other words."]],
    ["another model", ["-m", "null:slow", "--prompt", "say Hello there."]],
    ["another language", ["--language", "en"]],
    ["another format", ["--format", "txt,srt"]],
    ["another layout", ["--timestamps"]],
    ["another setting of the engine", ["--beam", "1"]],
    ["another setting of the voice detection", ["--vad", "on"]],
  ])("transcribes all files again with %s, and then skips them", async (_what, flags) => {
    expect(await resumed(...flags)).toBe("6 transcribed, 0 skipped, 0 failed");
    expect(await resumed(...flags)).toBe("0 transcribed, 6 skipped, 0 failed");
  });

  test("skips all files with other workers, and with options of another format", async () => {
    expect(await resumed("--workers", "1", "--parallel", "2")).toBe(
      "0 transcribed, 6 skipped, 0 failed",
    );
    expect(await resumed("--format", "srt", "--max-line-width", "20")).toStartWith("6 transcribed");
    expect(await resumed("--format", "srt", "--max-line-width", "30")).toStartWith("6 transcribed");
    expect(await resumed("--format", "text")).toBe("0 transcribed, 6 skipped, 0 failed");
  });

  test("ignores damaged lines of the record, and transcribes their recordings again", async () => {
    const lines = readFileSync(inFolder("out", record), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    writeFileSync(
      inFolder("out", record),
      `{"x":1}\nnull\n${lines.slice(0, 5).join("\n")}\n{"transcr`,
    );
    expect(await resumed()).toBe("1 transcribed, 5 skipped, 0 failed");
    expect(await resumed()).toBe("0 transcribed, 6 skipped, 0 failed");
  });

  test("transcribes again what a run for a single file has replaced", async () => {
    const single = ["transcribe", "talks/c.wav", "-o", "out/c.txt", "-m", "null:echo"];
    expect(await command.run(single)).toEqual({ stdout: "", stderr: "", code: 0 });
    expect(await resumed()).toBe("1 transcribed, 5 skipped, 0 failed");
  });
});

test("--resume works for one file, for transcripts beside the recordings, and not for standard input", async () => {
  const args = ["transcribe", "talks/a.wav", "-o", "out/a.txt", "--resume", ...spoken];
  expect((await command.run(args)).stderr).toContain("1 transcribed, 0 skipped, 0 failed");
  expect((await command.run(args)).stderr).toBe("0 transcribed, 1 skipped, 0 failed\n");

  const beside = ["transcribe", "talks", "--beside", "--resume", ...spoken];
  expect((await command.run(beside)).stderr).toContain("6 transcribed, 0 skipped");
  expect((await command.run(beside)).stderr).toBe("0 transcribed, 6 skipped, 0 failed\n");

  const piped = ["transcribe", "-", "-o", "out/", "--resume", ...spoken];
  for (let run = 0; run < 2; run++) {
    const { stderr } = await command.run(piped, { stdin: new Blob([audio]) });
    expect(stderr).toContain("1 transcribed, 0 skipped, 0 failed");
  }
});

describe.skipIf(isWindows)("a run that is interrupted", () => {
  const slow = ["-m", "null:echo", "--prompt", "sleep 250; say Hello there."];

  async function interrupted(signal: NodeJS.Signals) {
    const args = ["transcribe", "talks", "-o", "out", "--workers", "1", "--parallel", "1", ...slow];
    const child = Bun.spawn([executable, ...args], {
      cwd: command.folder,
      env: command.environment,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    await until("two transcripts are written", () => transcripts().length >= 2);
    child.kill(signal);
    return finished(child);
  }

  test.each([
    ["Ctrl-C", "SIGINT", 130],
    ["kill -9", "SIGKILL", 137],
  ] as const)(
    "by %s has only whole transcripts, and --resume does the rest",
    async (_how, signal, code) => {
      const stopped = await interrupted(signal);
      expect(stopped.code).toBe(code);
      const done = transcripts();
      expect(done.length).toBeWithin(2, 6);
      for (const name of done) expect(readFileSync(inFolder("out", name), "utf8")).toBe(text);
      if (signal === "SIGINT") {
        expect(stopped.stderr).toContain(
          `\n${done.length} transcribed, 0 skipped, 0 failed, ${6 - done.length} left; `,
        );
      }
      const times = done.map((name) => statSync(inFolder("out", name)).mtimeMs);
      const counts = await resumed(...slow);
      // The signal may arrive when the last transcript is written, but its line in the record is not. Then --resume
      // does not skip this file.
      const skipped = Number(/(\d) skipped/.exec(counts)?.[1]);
      expect(skipped).toBeWithin(done.length - 1, done.length + 1);
      expect(counts).toBe(`${6 - skipped} transcribed, ${skipped} skipped, 0 failed`);
      expect(transcripts()).toEqual(names.map((name) => `${name}.txt`));
      const kept = done.slice(0, skipped);
      expect(kept.map((name) => statSync(inFolder("out", name)).mtimeMs)).toEqual(
        times.slice(0, skipped),
      );
    },
  );
});

test("a record that cannot be written causes one warning", async () => {
  mkdirSync(inFolder("out", record));
  const { stderr, code } = await command.run(["transcribe", "talks", "-o", "out", ...spoken]);
  const warning = `Cannot write "out/${record}": it is a folder; --resume will transcribe`;
  expect(stderr.split(warning)).toHaveLength(2);
  expect(stderr).toContain("6 transcribed, 0 skipped, 0 failed");
  expect(code).toBe(0);
});

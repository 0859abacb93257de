/**
 * Tests the output files of `transcribe`. The command never replaces an input. It derives the format from the file
 * name. Before it transcribes, it checks that every output can be written.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";
import { speak } from "./spoken.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const agentPath = join(repository, "test/audio/en_agent-user.flac");
const mailboxPath = join(repository, "test/audio/en_vm-nobox.flac");
const recording = readFileSync(agentPath);
/** A sentence for the prompt of the null engine, which returns the words after "say". */
const sentence = "Agent login. Please enter your agent number followed by the pound key.";
const { text, spoken, shellWords } = speak(sentence);

let command: ReturnType<typeof openCommandLine>;
const inFolder = (...names: string[]) => join(command.folder, ...names);

beforeAll(() => {
  command = openCommandLine(nullEngine);
  copyFileSync(agentPath, inFolder("z.flac"));
  copyFileSync(mailboxPath, inFolder("other.flac"));
  copyFileSync(agentPath, inFolder("z.txt"));
  mkdirSync(inFolder("sub"));
  if (isWindows) return;
  symlinkSync("z.flac", inFolder("link.flac"));
  linkSync(inFolder("z.flac"), inFolder("hard.flac"));
  symlinkSync(".", inFolder("here"));
});
afterAll(() => command[Symbol.dispose]());

/** Expects that the command prints one line to standard error, exits with code 2 and loads no model. */
async function expectRefused(args: readonly string[], says: string | RegExp): Promise<void> {
  const { stdout, stderr, code } = await command.run(["transcribe", ...args]);
  expect(stdout).toBe("");
  expect(stderr).toMatch(says);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
}

describe("an output that is an input is refused, whatever its name", () => {
  const says = /^open-asr-server: Cannot write the transcript to .*: it is (?:the|standard) input/;

  test.skipIf(isWindows).each([
    ["the same name", ["z.flac", "-o", "z.flac"]],
    ["another spelling", ["z.flac", "-o", "./sub/../z.flac"]],
    ["a link to it", ["z.flac", "-o", "link.flac"]],
    ["the file of a link", ["link.flac", "-o", "z.flac"]],
    ["a hard link", ["z.flac", "-o", "hard.flac"]],
    ["through a folder that is a link", ["z.flac", "-o", "here/z.flac"]],
    ["a folder that contains it", ["z.txt", "-o", "."]],
    ["a folder that contains one of several", ["z.txt", "other.flac", "-o", "here"]],
    ["another input", ["other.flac", "z.txt", "-o", "."]],
  ])("%s", async (_how, args) => {
    await expectRefused(args, says);
    for (const name of ["z.flac", "z.txt"]) {
      expect(readFileSync(inFolder(name)).equals(recording)).toBe(true);
    }
  });

  test.skipIf(isWindows)("standard input and output", async () => {
    for (const script of [
      '"$ASR" transcribe - -o z.flac < z.flac',
      '"$ASR" transcribe z.flac >> z.flac',
    ]) {
      const { stderr, code } = await command.shell(script);
      expect(stderr).toMatch(says);
      expect(code).toBe(2);
      expect(readFileSync(inFolder("z.flac")).equals(recording)).toBe(true);
    }
  });
});

test("an older transcript is replaced, another recording never", async () => {
  writeFileSync(inFolder("old.txt"), "An older and much longer transcript of the file.".repeat(9));
  const { code } = await command.run(["transcribe", "z.flac", ...spoken, "-o", "old.txt"]);
  expect(code).toBe(0);
  expect(readFileSync(inFolder("old.txt"), "utf8")).toBe(text);
  await expectRefused(
    ["z.flac", "-o", "other.flac"],
    '"other.flac": this file exists and is not a text',
  );
  expect(readFileSync(inFolder("other.flac")).equals(readFileSync(mailboxPath))).toBe(true);
});

describe("a transcript is written as a whole", () => {
  test.skipIf(!canMountTmpfs)("a full disk keeps the older one and gets no new file", async () => {
    using disk = mountTmpfs(command.folder, "size=64k");
    const older = "An older transcript.\n";
    writeFileSync(join(disk.folder, "old.txt"), older);
    expect(() => writeFileSync(join(disk.folder, "full"), Buffer.alloc(1 << 20))).toThrow();
    const names = readdirSync(disk.folder);
    for (const name of ["old.txt", "new.txt"]) {
      const args = ["transcribe", "z.flac", ...spoken, "-o", `disk/${name}`];
      const { stderr, code } = await command.run(args);
      expect(stderr).toBe(`open-asr-server: Cannot write "disk/${name}": the disk is full\n`);
      expect(code).toBe(1);
    }
    expect(readFileSync(join(disk.folder, "old.txt"), "utf8")).toBe(older);
    expect(readdirSync(disk.folder)).toEqual(names);
  });

  test.skipIf(isWindows)("a link and the mode of the older file stay", async () => {
    mkdirSync(inFolder("kept"));
    writeFileSync(inFolder("kept/old.txt"), "older", { mode: 0o640 });
    symlinkSync("old.txt", inFolder("kept/link.txt"));
    const { code } = await command.run(["transcribe", "z.flac", ...spoken, "-o", "kept/link.txt"]);
    expect(code).toBe(0);
    expect(readlinkSync(inFolder("kept/link.txt"))).toBe("old.txt");
    expect(readFileSync(inFolder("kept/old.txt"), "utf8")).toBe(text);
    expect(statSync(inFolder("kept/old.txt")).mode & 0o777).toBe(0o640);
    expect(readdirSync(inFolder("kept")).toSorted()).toEqual(["link.txt", "old.txt"]);
  });

  test.skipIf(isWindows)("a pipe is written directly", async () => {
    const script = `mkfifo pipe.txt && (cat pipe.txt & "$ASR" transcribe ${shellWords} z.flac -o pipe.txt; wait)`;
    expect(await command.shell(script)).toEqual({ stdout: text, stderr: "", code: 0 });
  });
});

test.skipIf(isWindows)("two transcripts are not written to one file", async () => {
  mkdirSync(inFolder("linked"));
  writeFileSync(inFolder("linked", "z.txt"), "");
  symlinkSync("z.txt", inFolder("linked", "other.txt"));
  await expectRefused(["z.flac", "other.flac", "-o", "linked"], "two transcripts to one file");
});

test.skipIf(isWindows)(
  "a link does not lead a transcript from a folder to another file",
  async () => {
    mkdirSync(inFolder("prepared"));
    writeFileSync(inFolder("prepared", "z.flac"), recording);
    writeFileSync(inFolder("mine.txt"), "mine");
    symlinkSync("../mine.txt", inFolder("prepared", "z.txt"));
    const says = '"prepared/z.txt": it is a link to another file';
    await expectRefused(["prepared", "--beside"], says);
    await expectRefused(["z.flac", "-o", "prepared"], says);
    expect(readFileSync(inFolder("mine.txt"), "utf8")).toBe("mine");
  },
);

test.skipIf(isWindows)(
  "two transcripts are not written to one file that does not exist",
  async () => {
    mkdirSync(inFolder("fresh"));
    symlinkSync("fresh", inFolder("also-fresh"));
    writeFileSync(inFolder("fresh", "z.flac"), recording);
    for (const other of ["./fresh/z.flac", "also-fresh/z.flac"]) {
      await expectRefused(["fresh/z.flac", other, "--beside"], "two transcripts to one file");
    }
  },
);

describe("the format", () => {
  test.each([
    ["t.srt", /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n/],
    ["t.VTT", /^WEBVTT\n\n00:00:00\.\d{3} --> /],
    ["t.tsv", /^start\tend\ttext\n\d+\t\d{4}\tAgent login\. .*\n$/],
    ["t.json", /^\{"text":"Agent login\./],
    ["t.txt", /^Agent login\. .* key\.\n$/],
    ["t.notes", /^Agent login\. .* key\.\n$/],
  ])("of %s follows its extension", async (name, content) => {
    const args = ["transcribe", "z.flac", ...spoken, "-o", name];
    expect(await command.run(args)).toEqual({ stdout: "", stderr: "", code: 0 });
    expect(readFileSync(inFolder(name), "utf8")).toMatch(content);
  });

  test.each([
    ["talk.srt", "vtt"],
    ["talk.txt", "json"],
    ["talk.json", "text"],
    ["talk.TSV", "verbose_json"],
  ])("of %s contradicts --format %s", async (name, format) => {
    await expectRefused(["z.flac", "-o", name, "-f", format], "contradict each other");
    expect(existsSync(inFolder(name))).toBe(false);
  });

  test("verbose_json fits .json", async () => {
    const args = ["transcribe", "z.flac", ...spoken, "-f", "verbose_json", "-o", "verbose.json"];
    expect((await command.run(args)).code).toBe(0);
    expect(JSON.parse(readFileSync(inFolder("verbose.json"), "utf8"))).toHaveProperty("segments");
  });

  test.each([
    [["--timestamps", "-f", "srt"], "--timestamps needs --format text"],
    [["--max-line-width", "20"], "--max-line-width needs --format srt or vtt"],
    [["-f", "srt", "--max-line-count", "0"], "expected a whole number from 1 to 10"],
    [["-f", "vtt", "--max-cue-seconds", "x"], "expected a number from 0.5 to 60"],
  ])("of %j is checked", async (flags, says) => {
    await expectRefused(["z.flac", ...flags], says);
  });
});

describe("several files", () => {
  test("need a folder, as the error message explains", async () => {
    await expectRefused(
      ["z.flac", "other.flac", "-o", "over.srt"],
      /one file, but there are 2 inputs: name a folder/,
    );
    expect(existsSync(inFolder("over.srt"))).toBe(false);
    writeFileSync(inFolder("notes"), "a file");
    await expectRefused(["z.flac", "other.flac", "-o", "notes"], "name a folder");
  });

  test.each(["srt", "vtt", "tsv"])("are not printed as one %s", async (format) => {
    const says = `--format ${format} needs a file for each of the 2 inputs: name a folder`;
    await expectRefused(["z.flac", "other.flac", "-f", format], says);
    const one = await command.run(["transcribe", "z.flac", ...spoken, "-f", format]);
    expect(one.stdout).toContain("Agent login.");
    expect(one.code).toBe(0);
  });

  test.each(["json", "verbose_json"])("are printed as a line of %s each", async (format) => {
    const args = ["transcribe", "z.flac", "other.flac", ...spoken, "-f", format];
    const { stdout, code } = await command.run(args);
    const texts = stdout.trimEnd().split("\n");
    expect(texts.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual([
      sentence,
      sentence,
    ]);
    expect(code).toBe(0);
  });

  test("are listed with their outputs in order, without the one that failed", async () => {
    const args = ["transcribe", "z.flac", "absent.flac", "other.flac", ...spoken, "-o", "all/new"];
    const { stdout, stderr, code } = await command.run(args);
    expect(stdout).toBe("");
    expect(stderr.split("\n")).toEqual([
      'open-asr-server: Cannot transcribe "absent.flac": no such file',
      "z.flac -> all/new/z.txt",
      "other.flac -> all/new/other.txt",
      expect.stringMatching(/^2 transcribed, 0 skipped, 1 failed; 10 s of audio in /),
      "",
    ]);
    expect(code).toBe(1);
    expect(readdirSync(inFolder("all/new")).toSorted()).toEqual([
      ".open-asr-server.jsonl",
      "other.txt",
      "z.txt",
    ]);
  });
});

describe("a recording in which nobody speaks", () => {
  const environment = { OPEN_ASR_VAD: "on" };
  beforeAll(async () => {
    await Bun.write(inFolder("quiet.wav"), wavOf(2));
  });

  test("has an empty line on standard output, between the lines of the others", async () => {
    const args = ["transcribe", "z.flac", "quiet.wav", "absent.flac", "other.flac", ...spoken];
    const { stdout } = await command.run(args, { environment });
    expect(stdout).toBe(`${text}\n${text}`);
  });

  test("gives the same bytes on standard output and in a file", async () => {
    for (const flags of [[], ["-f", "srt"], ["--timestamps"]]) {
      const args = ["transcribe", "quiet.wav", ...spoken, ...flags];
      const { stdout, code } = await command.run(args, { environment });
      expect(code).toBe(0);
      expect(stdout).toBe(flags.length === 0 ? "\n" : "");
      const name = `quiet${flags.length}.${flags[1] ?? "txt"}`;
      expect((await command.run([...args, "-o", name], { environment })).code).toBe(0);
      expect(readFileSync(inFolder(name), "utf8")).toBe(stdout);
    }
  });
});

describe("a model that cannot be used is reported once for all files, and no folder is created", () => {
  test.each([
    ["nope", /^open-asr-server: Cannot find model "nope"/],
    ["null:bad", /^open-asr-server: Cannot load model "null:bad": Cannot load null model/],
  ])("%s", async (model, says) => {
    mkdirSync(inFolder("empty"), { recursive: true });
    for (const output of [["-o", "unused/inner/"], ["-o", "empty"], []]) {
      const args = ["transcribe", "z.flac", "other.flac", "--model", model, ...output];
      const { stdout, stderr, code } = await command.run(args);
      expect(stdout).toBe("");
      expect(stderr).toMatch(says);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(code).toBe(1);
    }
    expect(existsSync(inFolder("unused"))).toBe(false);
    expect(readdirSync(inFolder("empty"))).toEqual([]);
  });
});

describe("an output that cannot be written is reported before the work", () => {
  test.each([
    ["absent/t.txt", '"absent/t.txt": its folder does not exist'],
    ["z.flac/t.txt", "expected a folder"],
    [`${"n".repeat(300)}.txt`, "the name is too long"],
  ])("%s", async (output, says) => {
    await expectRefused(["z.flac", "-o", output], says);
    await expectRefused(["z.flac", "-o", output], /^open-asr-server: Cannot write "/);
  });

  test.each([
    ["", "--output is empty: name a file or a folder"],
    ["-", '--output "-" is not standard output: leave --output out'],
  ])("the name %j", async (output, says) => {
    await expectRefused(["z.flac", `--output=${output}`], says);
    await expectRefused(["z.flac", "-o", output], says);
    expect(existsSync(inFolder("-"))).toBe(false);
  });

  test.skipIf(isWindows)("a link to a path that does not exist", async () => {
    symlinkSync("absent", inFolder("broken"));
    for (const output of ["broken", "broken/"]) {
      const says = `Cannot write "${output}": it is a link to a path that does not exist`;
      await expectRefused(["z.flac", "-o", output], says);
    }
    await expectRefused(["z.flac", "other.flac", "-o", "broken"], "it is a link to a path");
    await expectRefused(["z.flac", "-o", "broken/t.txt"], "its folder does not exist");
    expect(existsSync(inFolder("absent"))).toBe(false);
  });

  test("a folder that is a file, and a file that is a folder", async () => {
    await expectRefused(["z.flac", "-o", "other.flac/"], 'Cannot write "other.flac/"');
    mkdirSync(inFolder("taken/z.txt"), { recursive: true });
    await expectRefused(["z.flac", "-o", "taken"], '"taken/z.txt": it is a folder');
  });

  test("and the check leaves no file behind", async () => {
    mkdirSync(inFolder("clean"));
    const args = ["z.flac", "-o", "clean/t.txt", "--model", "/absent/ggml.bin"];
    expect((await command.run(["transcribe", ...args])).code).toBe(1);
    expect(readdirSync(inFolder("clean"))).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a disk that fills up is reported in words", async () => {
    const { stderr, code } = await command.run([
      "transcribe",
      "z.flac",
      ...spoken,
      "-o",
      "/dev/full",
    ]);
    expect(stderr).toBe('open-asr-server: Cannot write "/dev/full": the disk is full\n');
    expect(code).toBe(1);
    const redirected = await command.shell(`"$ASR" transcribe ${shellWords} z.flac > /dev/full`);
    expect(redirected.stderr).toBe(
      "open-asr-server: Cannot write to standard output: the disk is full\n",
    );
    expect(redirected.code).toBe(1);
  });
});

test.skipIf(process.platform !== "linux")("file names need not be UTF-8", async () => {
  const script = `mkdir raw && cp z.flac $'raw/caf\\xe9.flac' && cp z.flac $'raw/caf\\xe8 é.flac' && cd raw &&
    "$ASR" transcribe ${shellWords} *.flac && "$ASR" transcribe ${shellWords} *.flac -o $'out\\xff' &&
    "$ASR" transcribe ${shellWords} $'caf\\xe9.flac' -o $'one\\xe9.srt' && cat $'out\\xff/caf\\xe9.txt' &&
    head -n 1 $'one\\xe9.srt'`;
  const { stdout, stderr, code } = await command.shell(script);
  expect(stdout).toBe(`${text.repeat(3)}1\n`);
  expect(stderr.split("\n")).toEqual([
    "caf� é.flac -> out�/caf� é.txt",
    "caf�.flac -> out�/caf�.txt",
    expect.stringMatching(/^2 transcribed, 0 skipped, 0 failed; /),
    "",
  ]);
  expect(code).toBe(0);
  const refused = await command.shell(
    `"$ASR" transcribe $'raw/caf\\xe9.flac' -o $'raw/caf\\xe9.flac'`,
  );
  expect(refused.stderr).toContain('it is the input "raw/caf�.flac"');
  expect(refused.code).toBe(2);
});

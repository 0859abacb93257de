/** Tests folders and patterns as inputs of `transcribe`, and outputs next to the inputs or in a folder. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { nullEngine } from "./server.ts";
import { speak } from "./spoken.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const { text, spoken } = speak("Hello there.");

let command: ReturnType<typeof openCommandLine>;
let audio: Buffer;
const inFolder = (...names: string[]) => join(command.folder, ...names);

/** Writes the same audio to each file. A file whose name ends with .txt gets text instead. */
function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(inFolder(name)), { recursive: true });
    writeFileSync(inFolder(name), name.endsWith(".txt") ? "not audio\n" : audio);
  }
}

beforeAll(async () => {
  command = openCommandLine(nullEngine);
  audio = Buffer.from(await wavOf(0.5, tone).arrayBuffer());
  write("talks/part 10.wav", "talks/part 2.WAV", "talks/Part 1.wav", "talks/notes.txt");
  write("talks/.hidden.wav", "talks/.trash/old.wav", "talks/2024/a.wav", "talks/2024/deep/b.wav");
});
afterAll(() => command[Symbol.dispose]());

/**
 * Runs `transcribe` with arguments that write the transcripts to files. `summary` is the last line of standard error,
 * `lines` are the lines before it, and `code` is the exit code.
 */
async function written(...args: readonly string[]) {
  const { stdout, stderr, code } = await command.run(["transcribe", ...args, ...spoken]);
  expect(stdout).toBe("");
  const lines = stderr.trimEnd().split("\n");
  const summary = lines.pop()!;
  return { lines, summary, code };
}

describe("a folder", () => {
  test("has its audio files transcribed in natural order, without hidden files and other files", async () => {
    const { lines, summary, code } = await written("talks", "--output", "flat");
    expect(lines).toEqual([
      "talks/Part 1.wav -> flat/Part 1.txt",
      "talks/part 2.WAV -> flat/part 2.txt",
      "talks/part 10.wav -> flat/part 10.txt",
    ]);
    expect(summary).toMatch(
      /^3 transcribed, 0 skipped, 0 failed; 1\.5 s of audio in \S+ s, \S+x real time$/,
    );
    expect(code).toBe(0);
    expect(readFileSync(inFolder("flat/Part 1.txt"), "utf8")).toBe(text);
  });

  test("keeps its structure in the output folder with --recursive", async () => {
    const { lines, code } = await written("talks/", "-r", "-o", "tree/all", "-f", "srt,txt");
    expect(lines).toEqual([
      "talks/2024/a.wav -> tree/all/2024/a.srt, tree/all/2024/a.txt",
      "talks/2024/deep/b.wav -> tree/all/2024/deep/b.srt, tree/all/2024/deep/b.txt",
      "talks/Part 1.wav -> tree/all/Part 1.srt, tree/all/Part 1.txt",
      "talks/part 2.WAV -> tree/all/part 2.srt, tree/all/part 2.txt",
      "talks/part 10.wav -> tree/all/part 10.srt, tree/all/part 10.txt",
    ]);
    expect(code).toBe(0);
    expect(readFileSync(inFolder("tree/all/2024/deep/b.srt"), "utf8")).toStartWith("1\n00:00:00,");
    expect(readFileSync(inFolder("tree/all/2024/deep/b.txt"), "utf8")).toBe(text);
  });

  test("gets the transcripts next to the recordings with --beside, and these are no inputs later", async () => {
    cpSync(inFolder("talks"), inFolder("kept"), { recursive: true });
    const args = ["kept", "--recursive", "--beside", "-f", "txt,json,srt,vtt,tsv"];
    expect((await written(...args)).lines).toHaveLength(5);
    const formats = ["json", "srt", "tsv", "txt", "vtt"];
    expect(readdirSync(inFolder("kept/2024/deep")).toSorted()).toEqual([
      ".open-asr-server.jsonl",
      ...formats.map((format) => `b.${format}`),
      "b.wav",
    ]);
    expect(readFileSync(inFolder("kept/notes.txt"), "utf8")).toBe("not audio\n");
    const again = await written(...args);
    expect(again.lines).toHaveLength(5);
    expect(again.summary).toStartWith("5 transcribed, 0 skipped, 0 failed; ");
  });

  test("is printed in order, a line for each recording", async () => {
    const args = ["transcribe", "talks", "-r", "--model", "null:echo", "-f", "text"];
    expect(await command.run(args)).toEqual({
      stdout: "8000 samples\n".repeat(5),
      stderr: "",
      code: 0,
    });
  });

  test("skips a file that is not audio with a line, but a named file that is not audio is an error", async () => {
    write("mixed/a.wav");
    writeFileSync(inFolder("mixed/story.mp3"), "Once upon a time.\n");
    writeFileSync(inFolder("mixed/damaged.wav"), audio.subarray(0, 20));
    const found = await written("mixed", "-o", "mixed-out");
    expect(found.lines.toSorted()).toEqual([
      "mixed/a.wav -> mixed-out/a.txt",
      expect.stringMatching(/^open-asr-server: Cannot transcribe "mixed\/damaged\.wav": /),
      expect.stringMatching(
        /^open-asr-server: Skipped "mixed\/story\.mp3": Cannot decode a text file: /,
      ),
    ]);
    expect(found.summary).toStartWith("1 transcribed, 1 skipped, 1 failed; ");
    expect(found.code).toBe(1);
    const named = await written("mixed/a.wav", "mixed/story.mp3", "-o", "mixed-out");
    expect(named.lines.toSorted()[1]).toContain(
      'Cannot transcribe "mixed/story.mp3": Cannot decode',
    );
    expect(named.summary).toStartWith("1 transcribed, 0 skipped, 1 failed; ");
    expect(named.code).toBe(1);
  });

  test("without audio is an error, and the other inputs are transcribed", async () => {
    mkdirSync(inFolder("empty/empty"), { recursive: true });
    const args = ["empty/", "talks/Part 1.wav", "empty/empty/", "-o", "partly", "--resume"];
    const { lines, summary, code } = await written(...args);
    const problem = (folder: string) =>
      `open-asr-server: Cannot transcribe "${folder}": this is a folder without audio or video files; ` +
      "--recursive also searches the folders in it";
    expect(lines).toEqual([
      problem("empty/"),
      problem("empty/empty/"),
      "talks/Part 1.wav -> partly/Part 1.txt",
    ]);
    expect(summary).toStartWith("1 transcribed, 0 skipped, 2 failed; ");
    expect(code).toBe(1);
    const again = await written(...args);
    expect(again.summary).toBe("0 transcribed, 1 skipped, 2 failed");
  });

  test.skipIf(isWindows)("has links to files, but links to folders are not followed", async () => {
    write("linked/a.wav");
    symlinkSync("a.wav", inFolder("linked/b.wav"));
    symlinkSync("..", inFolder("linked/up"));
    symlinkSync("self.wav", inFolder("linked/self.wav"));
    symlinkSync("absent.wav", inFolder("linked/broken.wav"));
    symlinkSync("linked", inFolder("link"));
    const { lines } = await written("link", "-r", "-o", "from-links");
    expect(lines).toEqual(["link/a.wav -> from-links/a.txt", "link/b.wav -> from-links/b.txt"]);
  });

  test("and a file in it are transcribed once", async () => {
    const args = ["talks/part 10.wav", "talks", "./talks/../talks", "talks/*.wav", "-o", "once"];
    const { lines } = await written(...args);
    expect(lines.map((line) => line.split(" -> ")[0])).toEqual([
      "talks/part 10.wav",
      "talks/Part 1.wav",
      "talks/part 2.WAV",
    ]);
  });

  test("with talk.wav and talk.mp3 has an output for each", async () => {
    write("twins/talk.wav", "twins/talk.mp3", "twins/other.wav");
    const { lines } = await written("twins", "-o", "twins-out", "-f", "srt");
    expect(lines).toEqual([
      "twins/other.wav -> twins-out/other.srt",
      "twins/talk.mp3 -> twins-out/talk.mp3.srt",
      "twins/talk.wav -> twins-out/talk.wav.srt",
    ]);
  });

  test.skipIf(process.platform !== "linux")("has names that need not be UTF-8", async () => {
    const script = `mkdir -p bytes/$'d\\xe9' && cp 'talks/Part 1.wav' $'bytes/d\\xe9/caf\\xe9.wav' &&
      "$ASR" transcribe bytes -r --model null:echo -o bytes-out && cat bytes-out/$'d\\xe9/caf\\xe9.txt'`;
    const { stdout, stderr } = await command.shell(script);
    expect(stdout).toBe("8000 samples\n");
    expect(stderr).toStartWith("bytes/d�/caf�.wav -> bytes-out/d�/caf�.txt\n");
  });
});

describe("a pattern that the shell did not replace", () => {
  test.each([
    ["talks/*.wav", ["Part 1", "part 10"]],
    ["talks/**/*.wav", ["2024/a", "2024/deep/b", "Part 1", "part 10"]],
    ["talks/*/[ab].wav", ["2024/a"]],
    ["talks/{Part,part} ?.{wav,WAV}", ["Part 1", "part 2"]],
    ["./talks/2024/**/b*", ["deep/b"]],
  ])("%s", async (pattern, names) => {
    const output = `from ${pattern.replaceAll(/[^a-z0-9]/giu, "_")}`;
    const { lines, code } = await written(pattern, "-o", output);
    expect(lines.map((line) => line.split(" -> ")[1])).toEqual(
      names.map((name) => `${output}/${name}.txt`),
    );
    expect(code).toBe(0);
  });

  test.skipIf(isWindows)(
    "can be an absolute path, and the name of a file is not a pattern",
    async () => {
      const absolute = await written(inFolder("talks/*/*.wav"), "-o", "absolute");
      expect(absolute.lines).toEqual([`${inFolder("talks/2024/a.wav")} -> absolute/2024/a.txt`]);
      write("odd/[a].wav", "odd/a.wav", "odd/!b.wav");
      expect((await written("odd/[a].wav", "odd/!*.wav", "-o", "odd-out")).lines).toEqual([
        "odd/[a].wav -> odd-out/[a].txt",
        "odd/!b.wav -> odd-out/!b.txt",
      ]);
    },
  );
});

describe("flags that contradict each other are refused", () => {
  test.each([
    [["talks", "-f", "srt"], "--format srt needs a file for each of the 3 inputs"],
    [["talks/Part 1.wav", "-f", "srt,txt"], "--format srt,text needs a file for each format"],
    [["talks/Part 1.wav", "-f", "srt,txt", "-o", "a.srt"], "one file, but there are 2 formats"],
    [["talks/2024", "-o", "a.txt"], "one file, but the input is a folder"],
    [["talks", "-f", "json,verbose_json", "--beside"], "expected json or verbose_json"],
    [["talks", "-f", "srt,docx", "--beside"], '--format is "srt,docx", expected one of json, '],
    [["talks", "--beside", "-o", "out"], "--beside and --output contradict each other"],
    [["-", "--beside"], "standard input has no folder"],
    [["talks", "--resume"], "--resume needs output files"],
    [["talks", "--parallel", "0"], "expected a whole number from 1 to 64"],
    [["talks", "--beside", "-f", "srt", "--words"], "--words needs --format verbose_json"],
    [["talks", "--beside", "-f", "srt,vtt", "--timestamps"], "srt and vtt has its own times"],
  ])("%j", async (args, says) => {
    const { stdout, stderr, code } = await command.run(["transcribe", ...args]);
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(inFolder("out"))).toBe(false);
  });

  test("flags of one format apply to it when there are several formats", async () => {
    const args = ["talks/Part 1.wav", "-o", "several", "-f", "srt,txt,verbose_json"];
    const more = ["--words", "--timestamps", "--max-line-width", "20"];
    expect((await written(...args, ...more)).code).toBe(0);
    expect(readFileSync(inFolder("several/Part 1.txt"), "utf8")).toMatch(/^\[00:00:00\.000 --> /);
    expect(JSON.parse(readFileSync(inFolder("several/Part 1.json"), "utf8"))).toHaveProperty(
      "words",
    );
  });
});

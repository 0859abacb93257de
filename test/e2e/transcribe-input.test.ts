/** Tests the inputs of `transcribe`: files, pipes and standard input, and the errors for inputs of any other kind. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";
import { speak } from "./spoken.ts";

setDefaultTimeout(120_000);

const agentPath = join(repository, "test/audio/en_agent-user.flac");
/** A sentence for the prompt of the null engine, which returns the words after "say". */
const sentence = "Agent login.";
const { text, spoken, shellWords } = speak(sentence);

let command: ReturnType<typeof openCommandLine>;
const inFolder = (...names: string[]) => join(command.folder, ...names);

beforeAll(() => {
  command = openCommandLine(nullEngine);
  copyFileSync(agentPath, inFolder("z.flac"));
  mkdirSync(inFolder("sub"));
});
afterAll(() => command[Symbol.dispose]());

describe("the error for an input that is not a file contains a correction", () => {
  test.each([
    ["sub", "this is a folder without audio or video files; --recursive also searches"],
    ["https://example.org/talk.mp3", "curl -L URL | open-asr-server transcribe -"],
    [`https://example.org/${"x".repeat(300)}`, "this is a URL"],
    ["*.mp3", "no file matches it as a pattern"],
    ["absent/**/*.mp3", "no file matches it as a pattern"],
    ["z.flac/*.mp3", "no file matches it as a pattern"],
    ["absent.mp3", "no such file"],
  ])("%s", async (input, says) => {
    const { stdout, stderr, code } = await command.run(["transcribe", input]);
    expect(stdout).toBe("");
    expect(stderr).toStartWith(`open-asr-server: Cannot transcribe "${input}": `);
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe.skipIf(isWindows)("an input that can be read only once", () => {
  test.each([
    ["a pipe with a name", "mkfifo in.fifo; cat z.flac > in.fifo & $SAY in.fifo"],
    ["the pipe of another command", "$SAY <(cat z.flac)"],
    ["/dev/stdin, a pipe", "cat z.flac | $SAY /dev/stdin"],
    ["/dev/stdin, a file", "$SAY /dev/stdin < z.flac"],
    ["another open file", "$SAY /dev/fd/5 5< z.flac"],
  ])("is transcribed from %s", async (_what, script) => {
    const { stdout, stderr, code } = await command.shell(
      script.replace("$SAY", `"$ASR" transcribe ${shellWords}`),
    );
    expect(stderr).toBe("");
    expect(stdout).toBe(text);
    expect(code).toBe(0);
  });

  test("is named stdin in a folder", async () => {
    const script = `"$ASR" transcribe ${shellWords} /dev/stdin -o from-stdin/ < z.flac`;
    expect((await command.shell(script)).code).toBe(0);
    expect(readdirSync(inFolder("from-stdin"))).toEqual(["stdin.txt"]);
  });

  test.each([
    ["- < sub", '"-": standard input is a folder, expected audio; name the files in the folder'],
    ["/dev/stdin < sub", '"/dev/stdin": standard input is a folder, expected audio'],
    ["/dev/null", '"/dev/null": this is a device or a socket, expected a file; write - to read'],
  ])("%s is refused", async (args, says) => {
    const { stdout, stderr, code } = await command.shell(`"$ASR" transcribe ${shellWords} ${args}`);
    expect(stdout).toBe("");
    expect(stderr).toStartWith(`open-asr-server: Cannot transcribe ${says}`);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("does not delay Ctrl-C while nobody writes to the pipe", async () => {
    const script = `mkfifo silent.fifo; timeout -k 10 -s INT 1 "$ASR" transcribe ${shellWords} silent.fifo; echo $?`;
    expect((await command.shell(script)).stdout).toBe("124\n");
  });
});

describe("a file whose name starts with a dash", () => {
  test.each([
    ["-lead.flac", ["transcribe", "-lead.flac"]],
    ["-lead.flac", ["transcribe", "z.flac", "-lead.flac", "-f", "text"]],
    ["--two.flac", ["transcribe", "--two.flac"]],
    ["-lead.flac", ["-lead.flac"]],
  ])("%s: the error for %j contains the form in which to write the name", async (name, args) => {
    copyFileSync(agentPath, inFolder(name));
    const { stdout, stderr, code } = await command.run(args);
    expect(stdout).toBe("");
    expect(stderr).toBe(
      `open-asr-server: "${name}" is read as a flag, but it is also a file: write ./${name} for the file\n`,
    );
    expect(code).toBe(2);
    const corrected = await command.run(["transcribe", `./${name}`, ...spoken]);
    expect(corrected).toEqual({ stdout: text, stderr: "", code: 0 });
  });

  test("does not hide a flag of the same name", async () => {
    copyFileSync(agentPath, inFolder("-f"));
    const args = ["transcribe", "z.flac", ...spoken, "-f", "text"];
    expect((await command.run(args)).stdout).toBe(text);
  });
});

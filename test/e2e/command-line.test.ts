/**
 * Tests the command line of the executable: its output, the files that it writes, its exit codes, and the files and
 * processes that it cleans up.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import type { Subprocess } from "bun";
import { isWindows } from "../windows.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { executable, openScratch, repository, type Scratch } from "./executable.ts";
import { childrenOf, isAlive } from "./processes.ts";
import { until } from "./server.ts";

setDefaultTimeout(120_000);

const agentPath = join(repository, "test/audio/en_agent-user.flac");
const mailboxPath = join(repository, "test/audio/en_vm-nobox.flac");
const longPath = join(repository, "test/audio/long_en.ogg");
const agentWords = "agent login please enter your agent number followed by the pound key";

let scratch: Scratch;
beforeAll(() => {
  scratch = openScratch();
});
afterAll(() => scratch[Symbol.dispose]());

interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: Blob;
}

function start(args: readonly string[], { environment = {}, stdin }: RunOptions = {}) {
  return Bun.spawn([executable, ...args], {
    cwd: scratch.folder,
    env: { ...scratch.environment, ...environment },
    stdin: stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(args: readonly string[], options: RunOptions = {}) {
  const child = start(args, options);
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

const words = (text: string) => normalisedWords(text).join(" ");

describe("transcribe", () => {
  test("prints the text and nothing else", async () => {
    const { stdout, stderr, code } = await run(["transcribe", agentPath, "--language", "en"]);
    expect(words(stdout)).toBe(agentWords);
    expect(stdout).toMatch(/^\S[^\n]*\S\n$/);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  test("prints the texts of several files in the order of the arguments, and continues after a file that fails", async () => {
    const missing = join(scratch.folder, "missing.wav");
    const args = ["transcribe", mailboxPath, missing, agentPath, "--language", "en"];
    const { stdout, stderr, code } = await run(args);
    const [first, second, ...rest] = stdout.split("\n");
    expect(words(first!)).toContain("mailbox");
    expect(words(second!)).toBe(agentWords);
    expect(rest).toEqual([""]);
    expect(stderr).toContain(`Cannot transcribe "${missing}": no such file`);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("reads standard input", async () => {
    const stdin = Bun.file(agentPath);
    const { stdout, code } = await run(["transcribe", "-", "-l", "en", "-f", "json"], { stdin });
    expect(words((JSON.parse(stdout) as { text: string }).text)).toBe(agentWords);
    expect(code).toBe(0);
    expect(readdirSync(scratch.spoolFolder)).toEqual([]);
  });

  test("writes one file, or a folder with one file per input, and prints no transcript", async () => {
    const one = join(scratch.folder, "one.srt");
    const single = await run(["transcribe", agentPath, "-l", "en", "-f", "srt", "-o", one]);
    expect(single).toEqual({ stdout: "", stderr: "", code: 0 });
    expect(readFileSync(one, "utf8")).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n\S/);

    const folder = join(scratch.folder, "subtitles");
    const args = ["transcribe", agentPath, mailboxPath, "-l", "en", "-f", "vtt", "-o", folder];
    const several = await run(args);
    const lines = [agentPath, mailboxPath].map(
      (path) => `${path} -> ${join(folder, basename(path, ".flac"))}.vtt`,
    );
    const summary = expect.stringMatching(/^2 transcribed, 0 skipped, 0 failed; 10 s of audio in /);
    expect(several.stderr.split("\n")).toEqual([...lines, summary, ""]);
    expect(several).toMatchObject({ stdout: "", code: 0 });
    expect(readdirSync(folder).toSorted()).toEqual([
      ".open-asr-server.jsonl",
      "en_agent-user.vtt",
      "en_vm-nobox.vtt",
    ]);
    expect(readFileSync(join(folder, "en_vm-nobox.vtt"), "utf8")).toMatch(
      /^WEBVTT\n\n.*\n.*mailbox/s,
    );
  });

  test("prints word times in verbose_json", async () => {
    const args = ["transcribe", agentPath, "-l", "en", "-f", "verbose_json", "--words"];
    const { words: timed } = JSON.parse((await run(args)).stdout) as {
      words: { word: string; start: number; end: number }[];
    };
    expect(words(timed.map(({ word }) => word).join(" "))).toBe(agentWords);
    expect(timed.at(-1)!.end).toBeWithin(4, 5);
  });

  test.each([
    ["a file that is not audio", () => join(repository, "package.json"), /Cannot decode/],
    ["a folder", () => repository, /this is a folder/],
  ])("prints one line of error for %s", async (_what, path, says) => {
    const { stdout, stderr, code } = await run(["transcribe", path()]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("lists the available models when the given one does not exist", async () => {
    const { stderr, code } = await run(["transcribe", agentPath, "--model", "/absent/ggml.bin"]);
    expect(stderr).toMatch(
      /^open-asr-server: Cannot find model "\/absent\/ggml\.bin".*"base".*\n$/,
    );
    expect(code).toBe(1);
  });

  test.skipIf(isWindows).each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("stops at %s and leaves no file or process behind", async (signal, code) => {
    const output = join(scratch.folder, `${signal}.txt`);
    const child = start(["transcribe", longPath, "-o", output, "-l", "en"]);
    const runner = await runnerOf(child);
    await Bun.sleep(1000);
    const stopped = performance.now();
    child.kill(signal);
    expect(await child.exited).toBe(code);
    expect(performance.now() - stopped).toBeLessThan(10_000);
    expect(await child.stdout.text()).toBe("");
    await until("the runner has ended", () => !isAlive(runner));
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(scratch.spoolFolder)).toEqual([]);
  });

  test.skipIf(isWindows)(
    "of several files ends without an error message when the reader of its output closes the pipe",
    () => {
      const command = `"${executable}" transcribe "${agentPath}" "${mailboxPath}" --language en`;
      const script = `${command} | true; echo "\${PIPESTATUS[0]}"`;
      const { environment: env } = scratch;
      const { stdout, stderr } = Bun.spawnSync(["bash", "-c", script], { env });
      expect(stderr.toString()).toBe("");
      expect(stdout.toString()).toBe("0\n");
      expect(readdirSync(scratch.spoolFolder)).toEqual([]);
    },
  );

  test("stops at SIGINT while it waits for standard input", async () => {
    const child = Bun.spawn([executable, "transcribe", "-"], {
      env: scratch.environment,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    void child.stdin.write(readFileSync(agentPath).subarray(0, 10_000));
    await child.stdin.flush();
    await until("the input is spooled", () => readdirSync(scratch.spoolFolder).length === 1);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(readdirSync(scratch.spoolFolder)).toEqual([]);
  });
});

describe("the command", () => {
  test.each([
    ["203.0.113.7", "this machine has no such address; choose another with --host"],
    ["nowhere.invalid", "the name does not resolve to an address; choose another with --host"],
  ])(
    "serve with the host %s, which is not an address of this machine, prints one line of error",
    async (host, says) => {
      const { stderr, code } = await run(["serve", "--host", host, "--port", "0"]);
      expect(stderr).toMatch(new RegExp(`^open-asr-server: Cannot listen on ${host} .*${says}\n$`));
      expect(code).toBe(1);
    },
  );

  test("serve on a port in use prints one line that contains a correction", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { stdout, stderr, code } = await run(["serve", "--port", String(port)]);
    other.close();
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      new RegExp(`^open-asr-server: Cannot listen on 127.0.0.1 port ${port}: .*--port.*\\n$`),
    );
    expect(code).toBe(1);
  });

  test.each([
    [["serve", "--beam", "99"], {}, '--beam is "99", expected a whole number from 1 to 8'],
    [["serve", "--host", "*"], {}, '--host is "*", expected an IP address or a host name'],
    [["serve", "--host", "http://127.0.0.1"], {}, "without scheme and port"],
    [["serve", "--host", "127.0.0.1:9000"], {}, "--port sets the port"],
    [["serve", "--host", "%lo"], {}, "expected an IP address or a host name"],
    [["serve"], { OPEN_ASR_SERVER_HOST: "a b" }, 'OPEN_ASR_SERVER_HOST is "a b", expected an IP'],
    [["serve"], { OPEN_ASR_SERVER_PORT: "high" }, 'OPEN_ASR_SERVER_PORT is "high", expected'],
    [["serve"], { OPEN_ASR_SERVER_SPOOL_DIR: "/absent" }, "OPEN_ASR_SERVER_SPOOL_DIR"],
    [["transcribe", "a.wav", "--fromat", "srt"], {}, "--fromat"],
  ])(
    "%j in the environment %j prints one line of error and exits with code 2",
    async (args, environment, says) => {
      const { stdout, stderr, code } = await run(args, { environment });
      expect(stdout).toBe("");
      expect(stderr).toContain(says);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(code).toBe(2);
    },
  );
});

describe("the executable", () => {
  test.skipIf(isWindows).each([
    ["an empty environment", () => ({})],
    [
      "a home that cannot be written to",
      (folder: string) => ({ HOME: join(folder, "home"), TMPDIR: folder }),
    ],
    ["a home and nothing else", (folder: string) => ({ HOME: folder })],
  ])("transcribes with %s, without other files beside it", async (_how, environment) => {
    using alone = openScratch();
    const path = join(alone.folder, "open-asr-server");
    mkdirSync(join(alone.folder, "empty"));
    writeFileSync(join(alone.folder, "home"), "A file, so that nothing can be made in it.");
    await Bun.write(path, Bun.file(executable));
    await Bun.$`chmod 755 ${path}`.quiet();
    const child = Bun.spawn([path, "transcribe", agentPath, "--language", "en"], {
      cwd: join(alone.folder, "empty"),
      env: environment(alone.folder),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await child.stderr.text()).toBe("");
    expect(words(await child.stdout.text())).toBe(agentWords);
    expect(await child.exited).toBe(0);
    expect(readdirSync(join(alone.folder, "empty"))).toEqual([]);
  });

  test("runs under another name and through a symbolic link", async () => {
    const link = join(scratch.folder, "asr");
    symlinkSync(executable, link);
    const child = Bun.spawnSync([link, "--version"], { env: {} });
    expect(child.stdout.toString()).toBe(`${(await packageJson()).version}\n`);
  });

  test("prints the version of package.json for --version", async () => {
    const { version } = await packageJson();
    expect(await run(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
  });

  test("prints the licences of all its parts for --licenses", async () => {
    const { stdout, code } = await run(["--licenses"]);
    for (const part of ["whisper.cpp", "OpenAI", "symphonia", "Elysia", "citty", "Bun"]) {
      expect(stdout.toLowerCase()).toContain(part.toLowerCase());
    }
    expect(stdout).toContain("Permission is hereby granted, free of charge");
    expect(stdout).toContain("Mozilla Public License");
    expect(code).toBe(0);
  });

  test("ends without an error message when the reader of its output closes the pipe early", () => {
    const script = `"${executable}" --licenses | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = Bun.spawnSync(["bash", "-c", script]);
    expect(stderr.toString()).toBe("");
    expect(stdout.toString()).toEndWith("\n0\n");
  });

  test("lists the backends, whether each is ready, and what it can do for `backends --json`", async () => {
    const { stdout, code } = await run(["backends", "--json"], { environment: onWhisperCpp });
    const backends = JSON.parse(stdout) as { id: string }[];
    expect(backends.map(({ id }) => id)).toEqual([
      "whisper-cpp",
      "faster-whisper",
      "transcribe-cpp",
      "parakeet-mlx",
      "whisper-mlx",
      "lightning-whisper-mlx",
      "kyutai-mlx",
    ]);
    expect(backends[0]).toMatchObject({
      display_name: "whisper.cpp",
      ready: true,
      unavailable: null,
    });
    expect(backends[0]).toHaveProperty("devices", expect.arrayContaining(["cpu"]));
    expect(backends[0]).toHaveProperty("models", expect.arrayContaining(["base"]));
    expect(backends[0]).toHaveProperty("capabilities", expect.arrayContaining(["words"]));
    // The capabilities come from the files of a model, and this machine has no model for the second backend.
    expect(backends[1]).toHaveProperty("capabilities", []);
    expect(code).toBe(0);
  });

  test("lists the models on this machine apart from the other names that it accepts for `backends`", async () => {
    const path = join(repository, ".build/models/faster-whisper-tiny.en");
    const { stdout, code } = await run(["backends", "-m", path], { environment: onWhisperCpp });
    const rows = [...stdout.matchAll(/^ {2}(models|also takes) +(.*)$/gm)].map(([, , row]) => row);
    expect(rows).toEqual([
      expect.stringMatching(/^base\b[^*]*$/),
      expect.stringMatching(/^tiny\*, .*downloaded when missing/),
      expect.stringMatching(/^[^*]*faster-whisper-tiny\.en[^*]*$/),
      expect.stringMatching(/whisper-\*, .*downloaded when missing/),
      "none on this machine",
      expect.stringMatching(/^parakeet-\*, .*downloaded when missing/),
    ]);
    expect(stdout).toMatch(
      /^whisper-mlx \(Whisper \(MLX\)\): it needs MLX, .*; whisper-cpp .* run the same models .*$/m,
    );
    expect(code).toBe(0);
  });

  test("lists the capabilities of the models on this machine for `backends --json`", async () => {
    const path = join(repository, ".build/models/faster-whisper-tiny.en");
    const environment = { ...onWhisperCpp, OPEN_ASR_SERVER_DEFAULT_MODEL: path };
    const { stdout } = await run(["backends", "--json"], { environment });
    const backends = JSON.parse(stdout) as { models: string[]; capabilities: string[] }[];
    expect(backends[1]?.models).toContain("faster-whisper-tiny.en");
    expect(backends[1]?.capabilities).toEqual([
      "prompt",
      "keywords",
      "temperature",
      "beam_size",
      "encoder_window",
      "words",
    ]);
  });
});

// --- internal ---

/** Selects the backend of the embedded model. Without this setting, the backend depends on the machine. */
const onWhisperCpp = { OPEN_ASR_DEFAULT_BACKEND: "whisper-cpp" };

async function runnerOf(child: Subprocess): Promise<number> {
  await until("it has a runner", () => childrenOf(child.pid).length === 1);
  return childrenOf(child.pid)[0]!;
}

async function packageJson(): Promise<{ version: string }> {
  return Bun.file(join(repository, "package.json")).json();
}

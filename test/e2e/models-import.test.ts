/**
 * Tests the command `models import`: a machine without a network imports a model from a file, a folder or an archive of
 * another machine.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHub } from "../models/hub/local-hub.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";

setDefaultTimeout(60_000);

const models = join(repository, ".build/models");
const ggml = join(models, "ggml-tiny.en-q8_0.bin");
const speech = join(repository, "samples/jfk_0_5.flac");

let command: ReturnType<typeof openCommandLine>;
beforeEach(() => {
  command = openCommandLine();
});
afterEach(() => command[Symbol.dispose]());

const run = (...args: string[]) => command.run(["models", ...args]);
const hub = () => join(command.folder, "hub");

async function transcribed(model: string, environment = {}): Promise<string> {
  const { stdout } = await command.run(["transcribe", speech, "--model", model], { environment });
  return stdout.toLowerCase();
}

test.each([
  ["a file", ggml, [], "whisper-cpp:tiny.en-q8_0", "tiny.en-q8_0"],
  ["a file under another name", ggml, ["--name", "small"], "whisper-cpp:small", "small"],
  [
    "a folder",
    join(models, "faster-whisper-tiny.en"),
    [],
    "faster-whisper:faster-whisper-tiny.en",
    "openai/whisper-tiny.en",
  ],
  [
    "a folder under an own name",
    join(models, "faster-whisper-tiny.en"),
    ["--name", "acme/faster-whisper-calls"],
    "faster-whisper:acme/faster-whisper-calls",
    "acme/faster-whisper-calls",
  ],
])("%s is found by its name, and can be removed", async (_what, source, more, name, other) => {
  const { stdout, stderr, code } = await run("import", source, ...more);
  expect(stderr).toBe("");
  expect(stdout).toStartWith(`${name}: ${hub()}/models--`);
  expect(stdout).toEndWith(`  try: open-asr-server transcribe talk.mp3 --model ${name}\n`);
  expect(code).toBe(0);
  expect(await transcribed(other)).toContain("my fellow americans");
  const path = stdout.slice(name.length + 2, stdout.indexOf("\n"));
  expect((await run("path", name)).stdout).toBe(`${path}\n`);
  const again = await run("import", source, ...more);
  expect(again.stderr).toContain("is on this machine already");
  expect((await run("rm", name)).code).toBe(0);
  expect(readdirSync(hub()).filter((entry) => entry !== ".locks")).toEqual([]);
});

test.skipIf(isWindows)("an archive of the cache of a machine with a network", async () => {
  using origin = await startHub({
    repositories: { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": readFileSync(ggml) } },
  });
  const online = {
    HF_ENDPOINT: origin.endpoint,
    HF_HUB_OFFLINE: "0",
    HF_HUB_CACHE: join(command.folder, "online"),
  };
  const script = `"$ASR" models pull tiny.en && tar -C online -czf model.tar.gz models--ggerganov--whisper.cpp`;
  expect((await command.shell(script, { PATH: "/usr/bin:/bin", ...online })).code).toBe(0);
  const { stdout, code } = await run("import", "model.tar.gz", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    name: "ggerganov/whisper.cpp",
    commit: origin.commit("ggerganov/whisper.cpp"),
    files: ["ggml-tiny.en.bin"],
  });
  expect(code).toBe(0);
  expect(await transcribed("tiny.en")).toContain("my fellow americans");
});

describe("an import of", () => {
  test.each([
    ["a missing file", "absent.bin", [], "there is no file or folder"],
    ["an audio file", speech, [], "expected a ggml file of whisper.cpp"],
    ["a file with an unknown name", ggml, ["--name", "support"], "--name small"],
    [
      "a file as the model of the executable",
      ggml,
      ["--name", "base"],
      "is on this machine already",
    ],
    [
      "a name that leads out of the cache",
      ggml,
      ["--name", "../../x"],
      "is not the name of a model",
    ],
  ])("%s is an error, and stores nothing", async (_what, source, more, words) => {
    const { stdout, stderr, code } = await run("import", source, ...more);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
    expect(existsSync(join(hub(), ".open-asr-server-import"))).toBe(false);
    expect(existsSync(hub()) ? readdirSync(hub()).filter((name) => name !== ".locks") : []).toEqual(
      [],
    );
  });

  test("a killed process leaves nothing that the next import keeps", async () => {
    const leftover = join(hub(), ".open-asr-server-import");
    mkdirSync(leftover, { recursive: true });
    writeFileSync(join(leftover, "half"), "half");
    expect((await run("import", ggml)).code).toBe(0);
    expect(existsSync(leftover)).toBe(false);
  });
});

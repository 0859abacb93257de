/** Tests the command `smoke`: which models it tests, what it prints, and its exit code. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";

setDefaultTimeout(120_000);

const nullable = <T extends ReturnType<typeof Type.Unsafe>>(type: T) =>
  Type.Union([type, Type.Null()]);
const outcomes = Type.Array(
  Type.Object(
    {
      backend: Type.String(),
      model: nullable(Type.String()),
      sample: nullable(Type.String()),
      status: Type.Union(
        ["ok", "differs", "failed", "not_ready"].map((status) => Type.Literal(status)),
      ),
      reason: nullable(Type.String()),
      words: nullable(Type.Integer({ minimum: 1 })),
      wrong: nullable(Type.Integer({ minimum: 0 })),
      expected: nullable(Type.String()),
      found: nullable(Type.String()),
      seconds: nullable(Type.Number({ exclusiveMinimum: 0 })),
    },
    { additionalProperties: false },
  ),
);

const samples = ["jfk_0_5", "jfk_5_10"];
const missingBackends = ["parakeet-mlx", "whisper-mlx", "lightning-whisper-mlx", "kyutai-mlx"];

let command: ReturnType<typeof openCommandLine>;
beforeEach(() => {
  command = openCommandLine();
});
afterEach(() => command[Symbol.dispose]());

async function smokeJson(args: readonly string[], environment: Record<string, string> = {}) {
  const { stdout, stderr, code } = await command.run(["smoke", ...args, "--json"], { environment });
  const found: unknown = JSON.parse(stdout);
  expect([...Value.Errors(outcomes, found)]).toEqual([]);
  return { found: found as Static<typeof outcomes>, stderr, code };
}

test("every backend that is ready transcribes the samples; for other backends, the reason is printed", async () => {
  const { stdout, stderr, code } = await command.run(["smoke"]);
  const lines = stdout.trimEnd().split("\n");
  const tested = lines.filter((line) => line.startsWith("ok "));
  const names = ["whisper-cpp:base", "faster-whisper:base"].flatMap((model) =>
    samples.map((sample) => `${model} ${sample}`),
  );
  expect(tested).toEqual(names.map((name) => expect.stringContaining(`  ${name}: `)));
  for (const line of tested) expect(line).toMatch(/: [012] of \d+ words wrong, \d+\.\d s/);
  const others = lines.filter((line) => !line.startsWith("ok "));
  expect(others).toEqual([
    expect.stringMatching(
      /^not ready +transcribe-cpp: no model of this backend is on this machine/,
    ),
    ...missingBackends.map((id) =>
      expect.stringMatching(new RegExp(`^not ready +${id}: it needs`)),
    ),
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(readdirSync(join(command.folder, "spool"))).toEqual([]);
});

test("an engine that returns other words has the status differs, with the word counts and both texts", async () => {
  const { found, code } = await smokeJson(["null", "-m", "null:echo"], nullEngine);
  expect(found).toEqual(
    samples.map((sample) => ({
      backend: "null",
      model: "null:echo",
      sample,
      status: "differs",
      reason: null,
      words: sample === "jfk_0_5" ? 7 : 14,
      wrong: sample === "jfk_0_5" ? 7 : 14,
      expected: expect.stringContaining("ask"),
      found: "80000 samples",
      seconds: expect.any(Number),
    })),
  );
  expect(code).toBe(1);
  const { stdout } = await command.run(["smoke", "null", "-m", "null:echo"], {
    environment: nullEngine,
  });
  expect(stdout).toContain(
    'found "80000 samples"\ndiffers    null:echo jfk_5_10: 14 of 14 words wrong',
  );
});

test("a named backend is tested with all its models on this machine", async () => {
  const folder = join(command.folder, "models");
  mkdirSync(folder);
  const tiny = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");
  symlinkSync(tiny, join(folder, "ggml-tiny.en.bin"));
  const { found, code } = await smokeJson(["whisper-cpp", "--model-dir", folder]);
  expect(found.map(({ model, sample, status }) => [model, sample, status])).toEqual(
    ["whisper-cpp:base", "tiny.en"].flatMap((model) =>
      samples.map((sample) => [model, sample, "ok"]),
    ),
  );
  expect(code).toBe(0);
});

test("a model that cannot be loaded has failed", async () => {
  const { found, code } = await smokeJson(["null", "-m", "null:bad"], nullEngine);
  expect(found.map(({ status, reason }) => [status, reason])).toEqual(
    samples.map(() => ["failed", expect.stringContaining('Cannot load model "null:bad"')]),
  );
  expect(code).toBe(1);
});

test("a backend that the user names must be ready and have a model", async () => {
  const missing = await smokeJson(["parakeet"]);
  expect(missing.found).toMatchObject([
    { backend: "parakeet-mlx", model: null, status: "not_ready" },
  ]);
  expect(missing.code).toBe(1);
  const empty = await command.run(["smoke", "null"], { environment: nullEngine });
  expect(empty.stdout).toMatch(/^not ready  null: no model of this backend is on this machine/);
  expect(empty.code).toBe(1);
});

test.each([
  [["whispercpp"], 2, 'Unknown backend "whispercpp": did you mean whisper-cpp?'],
  [["base"], 2, 'Unknown backend "base": expected whisper-cpp, faster-whisper, transcribe-cpp'],
  [["whisper-cpp", "null"], 2, "smoke takes one backend, found 2: whisper-cpp, null"],
  [["-m", "small"], 1, 'Cannot find model "small"'],
] as const)("%j ends with one line of error", async (args, exitCode, says) => {
  const { stdout, stderr, code } = await command.run(["smoke", ...args], {
    environment: { HF_HUB_OFFLINE: "0", HF_ENDPOINT: "http://127.0.0.1:1" },
  });
  expect(stdout).toBe("");
  expect(stderr).toContain(says);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(exitCode);
});

test.skipIf(isWindows)(
  "Ctrl-C ends the load of a model, and leaves nothing on the terminal",
  async () => {
    const { text, code } = await command.inTerminal(["smoke", "null", "-m", "null:stuck"], {
      columns: 80,
      environment: nullEngine,
      interruptAt: "null:stuck",
    });
    expect(text.slice(text.lastIndexOf("\u001B[K"))).toBe("\u001B[K");
    expect(code).toBe(130);
    expect(readdirSync(join(command.folder, "spool"))).toEqual([]);
  },
);

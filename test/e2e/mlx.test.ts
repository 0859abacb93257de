/**
 * Tests the backends for MLX through the executable, on the CPU. The executable for Linux does not contain the library of
 * MLX's engine, so the server gets its path.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mlxLibrary } from "../mlx/library.ts";
import { parityShape } from "../gguf/parakeet.ts";
import { writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { writeWhisperFolder } from "../mlx/whisper-folder.ts";
import { openCommandLine } from "./command.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { formOf, recordingFile, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(300_000);

/** A folder of a repository that contains several models. The test stores tiny.en under this name. */
const distilled = "lightning-whisper-distil-small.en";
/** A random Parakeet model. The test stores it under the name of a published model. */
const parakeet = "parakeet-tdt-0.6b-v2";
const english = { ...parityShape, vocabulary: 1024 };

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-mlx-"));
  writeWhisperFolder("tiny.en", join(folder, "models/whisper-tiny.en"));
  writeParakeetFolder(join(folder, "models", parakeet), english);
  const commit = "0".repeat(40);
  const repositoryFolder = join(folder, "hub/models--mustafaaljadery--distil-whisper-mlx");
  const models = join(repositoryFolder, "snapshots", commit, "mlx_models");
  mkdirSync(models, { recursive: true });
  symlinkSync(join(folder, "models/whisper-tiny.en"), join(models, "distil-small.en"));
  server = await startServer({
    environment: {
      OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary,
      OPEN_ASR_BEAM_SIZE: "1",
      HF_HUB_CACHE: join(folder, "hub"),
    },
    flags: ["--model-dir", join(folder, "models")],
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Verbose {
  readonly text: string;
  readonly words: readonly { readonly word: string; readonly start: number }[];
}

function post(file: string, model: string, more: Record<string, string> = {}): Promise<Response> {
  const response_format = "verbose_json";
  const fields = { file: recordingFile(file), model, response_format, ...more };
  return server.post(formOf({ ...fields, "timestamp_granularities[]": "word" }));
}

async function transcribe(...args: Parameters<typeof post>): Promise<Verbose> {
  const response = await post(...args);
  expect(response.status).toBe(200);
  return (await response.json()) as Verbose;
}

test.each(["mlx-community/whisper-tiny.en", "whisper:mlx-community/whisper-tiny.en"])(
  "the model %p returns words with times",
  async (model) => {
    const { text, words } = await transcribe("jfk.flac", model);
    expect(text).toMatch(/ask not what your country can do for you/iu);
    expect(words.length).toBeGreaterThan(15);
    expect(words.map(({ start }) => start)).toEqual(
      words.map(({ start }) => start).toSorted((a, b) => a - b),
    );
  },
);

const onLinux = process.platform === "linux";

test.skipIf(!onLinux)("doctor says on which device MLX computes and why", async () => {
  using line = openCommandLine();
  const environment = { OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary };
  const { stdout } = await line.run(["doctor"], { environment });
  for (const id of ["whisper-mlx", "lightning-whisper-mlx"])
    expect(stdout).toContain(`${id} is ready on the CPU: it uses GPUs only on Apple silicon`);
});

test.skipIf(!onLinux)("doctor says why MLX is missing and what replaces it", async () => {
  using line = openCommandLine();
  const { stdout, code } = await line.run(["doctor"]);
  expect(stdout).toMatch(
    /whisper-mlx, lightning-whisper-mlx are not available: it needs MLX.*\n *-> whisper-cpp and faster-whisper/u,
  );
  expect(code).toBe(0);
});

test("lightning-whisper-mlx finds a distilled model in its repository, and decodes requests together", async () => {
  const files = ["jfk.flac", "en_vm-rec-temp.flac", "en_agent-user.flac"];
  const alone = await transcribe(files[1]!, distilled);
  const together = await Promise.all(files.map((file) => transcribe(file, distilled)));
  expect(together[0]?.text).toMatch(/ask not what your country can do for you/iu);
  expect(together[1]).toEqual(alone);
  expect(alone.text).toMatch(/say your temporary message/iu);
  expect(alone.words.length).toBeGreaterThan(8);
});

describe("parakeet-mlx", () => {
  test.each([`mlx-community/${parakeet}`, `parakeet:${parakeet}`])(
    "the model %p returns words with times, for many requests at once as for one",
    async (model) => {
      const files = [
        "jfk.flac",
        "en_vm-rec-temp.flac",
        "en_agent-user.flac",
        "en_demo-thanks.flac",
      ];
      const alone = await transcribe(files[1]!, model, { language: "en" });
      expect(alone.words.length).toBeGreaterThan(8);
      expect(alone.words.map(({ start }) => start)).toEqual(
        alone.words.map(({ start }) => start).toSorted((a, b) => a - b),
      );
      const together = await Promise.all(files.map((file) => transcribe(file, model)));
      expect(together[1]?.text).toBe(alone.text);
      expect(new Set(together.map(({ text }) => text)).size).toBe(files.length);
    },
  );

  test("decodes with beams, and rejects what the model cannot do by the name of the field", async () => {
    const model = `mlx-community/${parakeet}`;
    const greedy = await transcribe("jfk.flac", model);
    expect((await transcribe("jfk.flac", model, { beam_size: "1" })).text).toBe(greedy.text);
    expect((await transcribe("jfk.flac", model, { beam_size: "4" })).text).not.toBe(greedy.text);
    for (const [param, value] of [
      ["prompt", "Hello"],
      ["temperature", "0.5"],
      ["language", "de"],
    ] as const) {
      const response = await post("jfk.flac", model, { [param]: value });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { param } });
    }
  });

  test("transcribes a file from the command line with the model in a folder", () => {
    using scratch = openScratch();
    const path = join(folder, "models", parakeet);
    const file = join(repository, "test/audio/jfk.flac");
    const { exitCode, stdout, stderr } = Bun.spawnSync(
      [executable, "transcribe", file, "--model", path, "--default-backend", "parakeet-mlx"],
      { env: { ...scratch.environment, OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary } },
    );
    expect({ exitCode, stderr: exitCode === 0 ? "" : String(stderr) }).toEqual({
      exitCode: 0,
      stderr: "",
    });
    expect(String(stdout).split(" ").length).toBeGreaterThan(8);
  });
});

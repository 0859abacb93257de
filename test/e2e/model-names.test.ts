/**
 * Tests names of models in requests: aliases, names that other services use, and paths of the operator. Also checks the
 * error message for a wrong name.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable, openScratch, repository, type Scratch } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const modelDir = join(repository, ".build/models");
const file = () => wavOf(0.5, tone);

/**
 * The folder in which the server runs. It contains two models, `models/tiny` (CTranslate2) and `ggml-file.bin`. It also
 * contains files that no backend can read.
 */
let scratch: Scratch;
/** A server whose default model is a model of the null engine. Its other models are in the folder of models. */
let server: TestServer;
beforeAll(async () => {
  scratch = openScratch();
  const models = join(scratch.folder, "models");
  mkdirSync(join(models, "transformers"), { recursive: true });
  symlinkSync(join(modelDir, "faster-whisper-tiny.en"), join(models, "tiny"));
  symlinkSync(join(modelDir, "ggml-tiny.en-q8_0.bin"), join(scratch.folder, "ggml-file.bin"));
  writeFileSync(join(models, "transformers", "config.json"), "{}");
  writeFileSync(join(models, "transformers", "model.safetensors"), "x");
  for (const name of ["small.gguf", "parakeet.nemo"]) writeFileSync(join(models, name), "x");
  server = await startServer({
    cwd: scratch.folder,
    environment: { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo" },
    flags: ["--model-dir", modelDir],
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

const retrieve = (name: string, of = server) =>
  fetch(`${of.url}/v1/models/${encodeURIComponent(name)}`);
/** Returns the id of the model that the server selects for a name. */
const idOf = async (name: string, of = server) => {
  const model = (await (await retrieve(name, of)).json()) as { id: string; root: string };
  // As with OpenAI, the id in the response is the name that the client requested. The id of the selected model is in
  // `root`.
  expect(model.id).toBe(name);
  return model.root;
};
const messageOf = async (model: string) => {
  const response = await server.post(formOf({ file: file(), model }));
  const { error } = (await response.json()) as { error: { message: string } };
  return error.message;
};

describe("a request", () => {
  test.each([
    "whisper-1",
    "Whisper-1",
    "openai/whisper-1",
    "whisper",
    "default",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe-2025-03-20",
  ])("for %s gets the default model", async (model) => {
    const response = await server.post(formOf({ file: file(), model }));
    expect(await response.json()).toMatchObject({ text: "8000 samples" });
    expect(await idOf(model)).toBe("null:echo");
  });

  test.each([
    ["openai/whisper-tiny.en", "openai/whisper-tiny.en"],
    ["Systran/faster-whisper-tiny.en", "Systran/faster-whisper-tiny.en"],
    ["whisper-tiny.en", "openai/whisper-tiny.en"],
    ["Whisper-Tiny.en", "openai/whisper-tiny.en"],
    ["ggml-tiny.en-q8_0.bin", "tiny.en-q8_0"],
    ["whisper-cpp:ggml-tiny.en-q8_0.bin", "tiny.en-q8_0"],
    ["whisper-base", "base"],
  ])("for %s gets the model %s of the folder of models", async (name, id) => {
    expect(await idOf(name)).toBe(id);
    // The slashes of an id need not be encoded.
    const bare = await fetch(`${server.url}/v1/models/${name}`);
    expect(await bare.json()).toMatchObject({ id: name, object: "model", root: id });
  });

  test("for openai/whisper-base gets the built-in model where no download has it", async () => {
    await using plain = await startServer({ environment: nullEngine });
    for (const name of ["openai/whisper-base", "whisper-base", "Base"]) {
      expect([name, await idOf(name, plain)]).toEqual([name, "base"]);
    }
  });

  test.each([
    ["whisper-large-v3", /ggml-large-v3\.bin of the model repository ggerganov\/whisper\.cpp/],
    ["whisper-large-v3-turbo", /ggml-large-v3-turbo\.bin/],
    ["distil-whisper-large-v3-en", /Systran\/faster-distil-whisper-large-v3/],
    ["openai/whisper-large-v3", /Systran\/faster-whisper-large-v3|ggml-large-v3\.bin/],
    ["smal", /Did you mean "small"\?$/],
    ["openai/whisper-smal", /Did you mean "openai\/whisper-small"/],
    ["nvidia/stt_en_conformer_ctc", /no backend of this server runs NVIDIA NeMo models/],
    ["nvidia/parakeet-tdt-0.6b-v3", /parakeet-tdt-0\.6b-v3-Q8_0\.gguf of the model repository/],
    ["mlx-community/parakeet-tdt-0.6b-v2", /handy-computer\/parakeet-tdt-0\.6b-v2-gguf/],
    ["parakeet-tdt-0.6b-v9", /Did you mean .*"parakeet-tdt-0\.6b-v[23]"/],
    ["mlx-community/wav2vec2", /wav2vec 2\.0 and related models/],
    ["large-v3-q8_0", /no such model is published\. Did you mean .*"large-v3-q5_0"/],
    ["wisper-cpp:small", /unknown backend "wisper-cpp"\. Did you mean "whisper-cpp:small"\?$/],
    ["faster-whisper:small@", /not a branch, tag or commit/],
    ["small.gguf", /GGUF files/],
    ["gigantic", /no backend has a model of this name\. Use one of "null:echo", "base"$/],
  ])("for %s is a 404 of two short sentences", async (model, says) => {
    const response = await server.post(formOf({ file: file(), model }));
    await expectError(response, { status: 404, code: "model_not_found", param: "model", says });
    const message = await messageOf(model);
    expect(message.split(/[.?] /)).toHaveLength(2);
    expect(message.length).toBeLessThan(260);
    expect(message).not.toMatch(/--model|curl|huggingface/);
    expect((await retrieve(model)).status).toBe(404);
  });

  const elsewhere = 'Use one of "null:echo", "base"';
  const notHere = (names: string) =>
    `This server runs the same model as ${names}, but its files are not on this machine. ${elsewhere}`;
  test.each([
    ["mlx-community/whisper-small", "whisper-mlx", notHere('"small" or "openai/whisper-small"')],
    ["mlx-community/whisper-tiny.en-mlx", "whisper-mlx", 'Use "openai/whisper-tiny.en"'],
    [
      "whisper:mlx-community/whisper-base-mlx-4bit",
      "whisper-mlx",
      'Use "base" or "openai/whisper-base"',
    ],
    ["lightning-whisper-tiny", "lightning-whisper-mlx", notHere('"tiny" or "openai/whisper-tiny"')],
    ["parakeet-mlx:parakeet-tdt-0.6b-v3", "parakeet-mlx", notHere('"parakeet-tdt-0.6b-v3"')],
    [
      "parakeet:mlx-community/parakeet-tdt-0.6b-v2",
      "parakeet-mlx",
      notHere('"parakeet-tdt-0.6b-v2"'),
    ],
    ["parakeet:anything", "parakeet-mlx", elsewhere],
    ["kyutai/stt-1b-en_fr-mlx", "kyutai-mlx", elsewhere],
  ])("for %s gets its backend, the reason and a model that works", async (model, id, remedy) => {
    const says = new RegExp(
      `^Cannot run model "${model}": its backend ${id} is not available here: it needs MLX.*\\. ${remedy}$`,
    );
    const response = await server.post(formOf({ file: file(), model }));
    const code = "backend_unavailable";
    await expectError(response, { status: 400, code, param: "model", says });
    expect((await retrieve(model)).status).toBe(404);
  });

  test.each(["gpt-4o-transcribe-diarize", "openai/gpt-4o-transcribe-diarize"])(
    "for %s gets the error that diarization is not available",
    async (model) => {
      await expectError(await server.post(formOf({ file: file(), model })), {
        status: 400,
        code: "unsupported_value",
        param: "model",
        says: /diarization .* is not available.*"whisper-1"/,
      });
      expect((await retrieve(model)).status).toBe(404);
    },
  );

  test("cannot use a file of the server's current folder", async () => {
    for (const model of ["models/tiny", "./models/tiny", "ggml-file.bin", "models/small.gguf"]) {
      const { status } = await server.post(formOf({ file: file(), model }));
      expect([model, status]).toEqual([model, model.startsWith("./") ? 403 : 404]);
      expect([model, (await retrieve(model)).status]).toEqual([model, 404]);
    }
    const absolute = join(modelDir, "faster-whisper-tiny.en");
    expect((await server.post(formOf({ file: file(), model: absolute }))).status).toBe(403);
  });

  test("for another name of a model is bound by --allowed-models", async () => {
    await using strict = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo" },
      flags: ["--model-dir", modelDir, "--allowed-models", "small"],
    });
    for (const model of ["whisper-tiny.en", "ggml-tiny.en-q8_0.bin", "whisper-base", "Base"]) {
      const response = await strict.post(formOf({ file: file(), model }));
      await expectError(response, { status: 403, code: "model_not_allowed", param: "model" });
      expect((await retrieve(model, strict)).status).toBe(404);
    }
    expect((await strict.post(formOf({ file: file(), model: "whisper-1" }))).status).toBe(200);
    // The name is allowed, but the model is not on this machine.
    expect((await strict.post(formOf({ file: file(), model: "whisper-small" }))).status).toBe(404);
  });
});

describe("an operator", () => {
  test.each([
    [["--model", "models/tiny"], "tiny"],
    [["--model", "faster-whisper:models/tiny"], "tiny"],
    [["--model", "ggml-file.bin"], "file"],
    [["--model", "ggml-tiny.en-q8_0.bin", "--model-dir", modelDir], "tiny.en-q8_0"],
    [["--model", "whisper-tiny.en", "--model-dir", modelDir], "openai/whisper-tiny.en"],
    [["--model", "whisper-1"], "base"],
    [["--model", "openai/whisper-base"], "base"],
  ])("with %j starts with the model %s", async (flags, id) => {
    await using started = await startServer({ cwd: scratch.folder, flags });
    expect(started.startLine).toContain(`default model "${id}"`);
    const [first] = (await started.client().models.list()).data;
    expect(first?.id).toBe(id);
    for (const name of [id, "whisper-1"]) expect((await retrieve(name, started)).status).toBe(200);
  });

  test("loads a relative path with --preload", async () => {
    await using started = await startServer({
      cwd: scratch.folder,
      flags: ["--preload", "models/tiny"],
    });
    expect(await idOf("tiny", started)).toBe("tiny");
  });

  const hub = "https://huggingface.co";
  const small = `${hub}/ggerganov/whisper.cpp/resolve/main/ggml-small.bin`;
  test.each([
    [
      ["small"],
      `Download ggml-small.bin (about 490 MB): curl -L -o ggml-small.bin ${small}; then use --model ./ggml-small.bin`,
    ],
    [
      ["small", "--model-dir", modelDir],
      `curl -L -o ${modelDir}/ggml-small.bin ${small}; then run`,
    ],
    [["/absent/ggml-small.bin"], `no such file or folder; expected a ggml file of whisper.cpp`],
    [
      ["/absent/ggml-small.bin"],
      `curl -L -o /absent/ggml-small.bin ${small}; then run this command again`,
    ],
    [
      ["ggml-small.bin", "--model-dir", modelDir],
      `/ggml-small.bin" or "${modelDir}/ggml-small.bin": no such file or folder; expected a ggml`,
    ],
    [
      ["whisper-cpp:ggml-none.bin", "--model-dir", modelDir],
      `/ggml-none.bin" or "${modelDir}/ggml-none.bin": no such file or folder; expected a ggml`,
    ],
    [["openai/whisper-large-v3"], `(about 3.1 GB) from ${hub}/Systran/faster-whisper-large-v3`],
    [["smal"], 'Did you mean "small"?'],
    [["models/absent"], 'Use "base", or give the path of a model: --model /path/to/model'],
    [["nvidia/stt_en_conformer_ctc"], "no backend runs NVIDIA NeMo models; whisper-cpp needs"],
    [
      ["nvidia/parakeet-tdt-0.6b-v3"],
      `(about 740 MB): curl -L -o parakeet-tdt-0.6b-v3-Q8_0.gguf ${hub}/handy-computer/`,
    ],
    [["models/parakeet.nemo"], "no backend runs NVIDIA NeMo models; whisper-cpp needs"],
    [
      ["models/small.gguf"],
      "no backend runs GGUF files of other programs; whisper-cpp needs a ggml file",
    ],
    [["models/transformers"], "no backend runs models in the format of Transformers; "],
    [["gpt-4o-transcribe-diarize"], "diarization (telling speakers apart) is not available"],
  ])("with --model %j gets one line that contains a correction", ([model = "", ...flags], says) => {
    const { exitCode, stderr } = serve("--model", model, ...flags);
    const lines = stderr.toString().trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
    expect(exitCode).toBe(1);
  });

  test.each([
    ["gpt-4o-transcribe-diarize", {}],
    ["speakers", { OPEN_ASR_SERVER_MODEL_ALIASES: "speakers=gpt-4o-transcribe-diarize" }],
  ])("gets an error for transcribe --model %s: no diarization", (model, environment) => {
    const { exitCode, stderr } = Bun.spawnSync(
      [executable, "transcribe", "a.wav", "--model", model],
      { cwd: scratch.folder, env: { ...scratch.environment, ...environment }, timeout: 30_000 },
    );
    expect(stderr.toString()).toContain("diarization (telling speakers apart) is not available");
    expect(stderr.toString().trimEnd().split("\n")).toHaveLength(1);
    expect(exitCode).toBe(1);
  });

  test.each(["serve", "transcribe a.wav", "backends"])(
    "with a missing folder of models gets an error from %s",
    (command) => {
      const missing = join(scratch.folder, "missing");
      const { exitCode, stderr } = Bun.spawnSync([executable, ...command.split(" ")], {
        env: { ...scratch.environment, OPEN_ASR_SERVER_MODEL_DIR: missing },
        timeout: 30_000,
      });
      const words = `OPEN_ASR_SERVER_MODEL_DIR (--model-dir) is "${missing}", expected an existing folder`;
      expect(stderr.toString()).toBe(`open-asr-server: ${words}\n`);
      expect(exitCode).toBe(2);
    },
  );
});

// --- internal ---

function serve(...flags: string[]) {
  return Bun.spawnSync([executable, "serve", "--port", "0", ...flags], {
    cwd: scratch.folder,
    env: scratch.environment,
    timeout: 30_000,
  });
}

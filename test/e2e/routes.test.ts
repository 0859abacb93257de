/** Tests all routes except those for transcriptions: models, health, and the OpenAPI document. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { NotFoundError } from "openai";
import { contractErrors } from "../contract/contract.ts";
import { openScratch, repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const modelDir = join(repository, ".build/models");
const tinyPath = join(modelDir, "ggml-tiny.en-q8_0.bin");
const tinyId = "tiny.en-q8_0";
/** OpenAI's model names that select the default model. */
const aliases = [
  "whisper-1",
  "gpt-transcribe",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-mini-transcribe-2025-12-15",
];
/** Id of a model that the server finds in the folder of models by the name of its repository. */
const hubId = "openai/whisper-tiny.en";
/** Ids of the models in the folder of models, except `hubId`. The names of published models come first. */
const otherIds = ["base-q8_0", "openai/whisper-base", "base-f16", "tiny.en-f16"];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    flags: ["--preload", tinyPath, "--preload", hubId],
    environment: { ...nullEngine, OPEN_ASR_SERVER_MODEL_DIR: modelDir },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

test("models.list() returns the starter model, the models that the operator named, other models on this machine, and OpenAI's names", async () => {
  const page = await server.client().models.list();
  expect(contractErrors("ListModelsResponse", { object: "list", data: page.data })).toBeNull();
  expect(page.data.map(({ id }) => id)).toEqual(["base", tinyId, hubId, ...otherIds, ...aliases]);
});

test("models.retrieve() returns each listed model, whether the slashes of its id are escaped or not", async () => {
  for (const id of ["base", tinyId, hubId, ...otherIds, ...aliases]) {
    const model = await server.client().models.retrieve(id);
    expect(contractErrors("Model", model)).toBeNull();
    expect(model.id).toBe(id);
  }
  const bare = await fetch(`${server.url}/v1/models/${hubId}`);
  expect(await bare.json()).toMatchObject({ id: hubId, object: "model" });
  const failure = await failureOf(server.client().models.retrieve("absent"));
  expect(failure).toBeInstanceOf(NotFoundError);
  expect(failure.code).toBe("model_not_found");
});

test("the server does not list models that a request may not use", async () => {
  await using strict = await startServer({
    flags: ["--model", tinyPath, "--allowed-models", "small*"],
  });
  const page = await strict.client().models.list();
  expect(page.data.map(({ id }) => id)).toEqual([tinyId, ...aliases]);
  const failure = await failureOf(strict.client().models.retrieve("base"));
  expect(failure).toBeInstanceOf(NotFoundError);
  expect((await strict.post(formOf({ model: "base", file: wavOf(1) }))).status).toBe(403);
});

test("a request may use a path that the operator named, and no other path", async () => {
  const ask = async (model: string) =>
    (await server.post(formOf({ model, file: wavOf(1) }))).status;
  expect(await ask(tinyPath)).toBe(200);
  expect(await ask(`whisper-cpp:${tinyPath}`)).toBe(200);
  expect(await ask(tinyPath.replace("q8_0", "f16"))).toBe(403);
});

test("a request may use the id of a model that the operator named by its path, with or without the backend", async () => {
  for (const model of [tinyId, `whisper-cpp:${tinyId}`]) {
    expect((await server.post(formOf({ model, file: wavOf(1) }))).status).toBe(200);
  }
  await expectError(await server.post(formOf({ model: "absent", file: wavOf(1) })), {
    status: 404,
    code: "model_not_found",
    param: "model",
    says: /Use one of "base", "tiny\.en-q8_0", "openai\/whisper-tiny\.en"$/,
  });
});

test("two models with the same file name get different ids", async () => {
  using scratch = openScratch();
  const other = join(scratch.folder, "ggml-tiny.en-q8_0.bin");
  symlinkSync(tinyPath, other);
  await using both = await startServer({ flags: ["--model", tinyPath, "--preload", other] });
  const ids = (await both.client().models.list()).data.map(({ id }) => id);
  expect(ids).toEqual([tinyId, "base", `${tinyId}~2`, ...aliases]);
  expect((await both.client().models.retrieve(`${tinyId}~2`)).id).toBe(`${tinyId}~2`);
  const form = formOf({ model: `${tinyId}~2`, file: wavOf(1) });
  expect((await both.post(form)).status).toBe(200);
  expect(both.startLine).toContain(`default model "${tinyId}"`);
});

test("an error response contains no path of this machine and no error of the file system", async () => {
  await using open = await startServer({
    flags: ["--model", tinyPath, "--model-dir", modelDir],
    environment: { ...nullEngine, OPEN_ASR_SERVER_ALLOWED_MODELS: "**", HOME: "" },
  });
  const names = [
    `small${"x".repeat(295)}`,
    `whisper-cpp:${"x".repeat(1000)}`,
    `${modelDir}/absent.bin`,
    `${modelDir}/nul\0.bin`,
    `${modelDir}/${"x/".repeat(200)}`,
    "./absent.bin",
    "~/absent.bin",
    "whisper-cpp:~/absent.bin",
    "absent",
  ];
  for (const model of names) {
    const response = await open.post(formOf({ model, file: wavOf(1) }));
    expect([model, response.status]).toEqual([model, 404]);
    const text = await response.text();
    expect(text.replaceAll(model, "")).not.toMatch(
      /\/work|\/tmp|\/root|\/home|\.build|\bE[A-Z]{4,}\b/,
    );
  }
  expect(open.log()).not.toContain(" error ");
});

test("the error for a published model that is not on this machine contains the place to get it", async () => {
  await expectError(await server.post(formOf({ model: "small", file: wavOf(1) })), {
    status: 404,
    code: "model_not_found",
    param: "model",
    says: /ggml-small\.bin of the model repository ggerganov\/whisper\.cpp/,
  });
});

test("the server rejects a language that the model does not support before it starts a runner", async () => {
  await using idle = await startServer({ flags: ["--model", tinyPath] });
  await expectError(await idle.post(formOf({ language: "fr", file: wavOf(1) })), {
    status: 400,
    code: "unsupported_value",
    param: "language",
    says: /"fr": model "tiny\.en-q8_0" supports en$/,
  });
  expect(idle.runners()).toEqual([]);
});

test("the operator may allow paths by a glob, which allows no path outside of it", async () => {
  await using open = await startServer({
    environment: {
      OPEN_ASR_SERVER_ALLOWED_MODELS: `${repository}/.build/models/*tiny*.bin,base`,
      ...nullEngine,
    },
  });
  const ask = async (model: string) => (await open.post(formOf({ model, file: wavOf(1) }))).status;
  expect(await ask(tinyPath)).toBe(200);
  expect(await ask(`${repository}/.build/models/../models/ggml-tiny.en-q8_0.bin`)).toBe(200);
  expect(await ask(`${repository}/.build/models/ggml-base-f16.bin`)).toBe(403);
  expect(await ask(`${repository}/.build/models/tiny/../../../secret.bin`)).toBe(403);
  expect(await ask("null:echo")).toBe(403);
  expect(await ask(`${repository}/.build/models/absent-tiny.bin`)).toBe(404);
});

test("/health answers without loading a model", async () => {
  const { version } = await Bun.file(join(repository, "package.json")).json();
  const response = await fetch(`${server.url}/health`);
  expect(response.status).toBe(200);
  expect(response.headers.get("x-request-id")).toMatch(/^req_\w+$/);
  expect(await response.json()).toEqual({ status: "ok", version });
});

test("/openapi.json is valid and describes the existing routes", async () => {
  const response = await fetch(`${server.url}/openapi.json`);
  const document = (await response.json()) as { openapi: string; paths: object };
  const { valid, errors } = await new Validator().validate(document);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  for (const path of ["/v1/models", "/health"]) {
    expect(Object.keys(document.paths)).toContain(path);
    expect((await fetch(server.url + path)).status).toBe(200);
  }
  expect(document.paths).toHaveProperty(["/v1/audio/transcriptions", "post"]);
});

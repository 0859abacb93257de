/** The routes beside transcriptions: models, health, the description of itself. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { NotFoundError } from "openai";
import { contractErrors } from "../contract/contract.ts";
import { repository } from "./executable.ts";
import { failureOf } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    flags: ["--preload", tinyPath],
    environment: nullEngine,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

test("models.list has the starter and what the operator named", async () => {
  const page = await server.client().models.list();
  expect(contractErrors("ListModelsResponse", { object: "list", data: page.data })).toBeNull();
  expect(page.data.map(({ id }) => id)).toEqual(["base", tinyPath]);
});

test("models.retrieve gives each of them, its slashes as they are or escaped", async () => {
  for (const id of ["base", tinyPath]) {
    const model = await server.client().models.retrieve(id);
    expect(contractErrors("Model", model)).toBeNull();
    expect(model.id).toBe(id);
  }
  const bare = await fetch(`${server.url}/v1/models/${tinyPath}`);
  expect(await bare.json()).toMatchObject({ id: tinyPath, object: "model" });
  const failure = await failureOf(server.client().models.retrieve("absent"));
  expect(failure).toBeInstanceOf(NotFoundError);
  expect(failure.code).toBe("model_not_found");
});

test("models that a request may not name are not listed", async () => {
  await using strict = await startServer({
    flags: ["--model", tinyPath, "--allowed-models", "small*"],
  });
  const page = await strict.client().models.list();
  expect(page.data.map(({ id }) => id)).toEqual([tinyPath]);
  const failure = await failureOf(strict.client().models.retrieve("base"));
  expect(failure).toBeInstanceOf(NotFoundError);
  expect((await strict.post(formOf({ model: "base", file: wavOf(1) }))).status).toBe(403);
});

test("a path that the operator named may be asked for, no other", async () => {
  const ask = async (model: string) =>
    (await server.post(formOf({ model, file: wavOf(1) }))).status;
  expect(await ask(tinyPath)).toBe(200);
  expect(await ask(`whisper-cpp:${tinyPath}`)).toBe(200);
  expect(await ask(tinyPath.replace("q8_0", "f16"))).toBe(403);
});

test("a path may be allowed by a glob, and nothing outside of it", async () => {
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

test("/health answers without touching a model", async () => {
  const { version } = await Bun.file(join(repository, "package.json")).json();
  const response = await fetch(`${server.url}/health`);
  expect(response.status).toBe(200);
  expect(response.headers.get("x-request-id")).toMatch(/^req_\w+$/);
  expect(await response.json()).toEqual({ status: "ok", version });
});

test("/openapi.json is valid and describes the routes that are there", async () => {
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

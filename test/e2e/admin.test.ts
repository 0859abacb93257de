/** Tests the admin routes: who may use them, and how they load and unload models. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const echo = { model: "null:echo" };

function admin(server: TestServer, route: string, body: object | null, headers = {}) {
  return fetch(`${server.url}/v1/admin/models/${route}`, {
    method: body === null ? "GET" : "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
}

const answerOf = async (response: Promise<Response>): Promise<unknown> => (await response).json();

describe("models", () => {
  test("are loaded, listed and unloaded; unloading ends the process", async () => {
    await using server = await startServer({ environment: nullEngine });
    expect(await answerOf(admin(server, "status", null))).toEqual({ data: [] });
    const loaded = await answerOf(admin(server, "load", echo));
    expect(loaded).toMatchObject({
      id: "null:echo",
      backend: "null",
      model: "echo",
      pinned: false,
    });
    expect(await answerOf(admin(server, "status", null))).toMatchObject({
      data: [{ id: "null:echo", active_requests: 0, memory_bytes: expect.any(Number) }],
    });
    expect(server.runners()).toHaveLength(1);
    expect(await answerOf(admin(server, "unload", echo))).toEqual({
      unloaded: ["null:echo"],
      skipped: [],
      loaded: [],
    });
    expect(server.runners()).toEqual([]);
    await expectError(await admin(server, "unload", echo), {
      status: 404,
      code: "model_not_loaded",
    });
    const file = wavOf(0.5, tone);
    const { text } = await server.client().audio.transcriptions.create({ file, ...echo });
    expect(text).toBe("8000 samples");
  });

  test("with jobs are not unloaded; pinned models are unloaded only with force", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_PRELOAD: "null:transducer" },
    });
    while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20);
    const held = { status: 409, code: "model_in_use" };
    const pinned = { model: "null:transducer" };
    await expectError(await admin(server, "unload", pinned), held);
    expect(await answerOf(admin(server, "unload-all", {}))).toMatchObject({
      skipped: ["null:transducer"],
    });
    const all = await answerOf(admin(server, "unload-all", { include_pinned: true }));
    expect(all).toEqual({ unloaded: ["null:transducer"], skipped: [], loaded: [] });
    // The prompt makes the null engine work for 3 s.
    const busy = server.post(formOf({ file: wavOf(0.5, tone), ...echo, prompt: "sleep 3000" }));
    const isBusy = async () =>
      JSON.stringify(await answerOf(admin(server, "status", null))).includes('"active_requests":1');
    while (!(await isBusy())) await Bun.sleep(20);
    await expectError(await admin(server, "unload", { ...echo, force: true }), held);
    expect((await busy).status).toBe(200);
  });

  test("that no request uses are unloaded after the idle time", async () => {
    await using server = await startServer({
      environment: {
        ...nullEngine,
        OPEN_ASR_SERVER_MODEL_IDLE_SECONDS: "1",
        OPEN_ASR_SERVER_MODEL_EVICT_INTERVAL_SECONDS: "1",
      },
    });
    await admin(server, "load", echo);
    expect(server.runners()).toHaveLength(1);
    await until("the idle model is unloaded", () => server.runners().length === 0);
    await until("the log says so", () => server.log().includes("model unloaded"));
  });
});

test("keep_alive unloads the model after the response, before the next check of all models", async () => {
  await using server = await startServer({ environment: nullEngine });
  const file = wavOf(0.5, tone);
  const ask = async (fields: Record<string, string>) =>
    (await server.post(formOf({ file, ...echo, ...fields }))).status;
  expect(await ask({ keep_alive: "600" })).toBe(200);
  expect(server.runners()).toHaveLength(1);
  expect(await ask({ keep_alive: "0" })).toBe(200);
  await until("the model is unloaded", () => server.runners().length === 0);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('open_asr_model_unloads_total{reason="idle"} 1');
  expect(metrics).toContain("open_asr_models_loaded 0");
});

describe("the admin routes", () => {
  const status = async (server: TestServer, headers: Record<string, string>) =>
    (await admin(server, "status", null, headers)).status;

  test("take the admin key alone when there is one", async () => {
    const keys = { OPEN_ASR_SERVER_ADMIN_KEY: "boss", OPEN_ASR_SERVER_API_KEY: "user" };
    await using server = await startServer({ environment: { ...nullEngine, ...keys } });
    expect(await status(server, {})).toBe(401);
    expect(await status(server, { authorization: "Bearer user" })).toBe(401);
    expect(await status(server, { authorization: "bearer boss" })).toBe(200);
    expect(await status(server, { "x-api-key": "boss" })).toBe(200);
    const other = await fetch(`${server.url}/v1/models`, { headers: { "x-api-key": "boss" } });
    expect(other.status).toBe(401);
  });

  test("take an API key when there is no admin key", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_API_KEY: "user" },
    });
    expect(await status(server, {})).toBe(401);
    expect(await status(server, { authorization: "Bearer user" })).toBe(200);
  });

  test("without keys answer programs on this machine, neither proxies nor web pages", async () => {
    await using server = await startServer({ environment: nullEngine });
    expect(await status(server, {})).toBe(200);
    const foreign = [
      { "x-forwarded-for": "10.0.0.1" },
      { forwarded: "for=10.0.0.1" },
      { via: "1.1 proxy" },
      { origin: "https://page.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign)
      expect([headers, await status(server, headers)]).toEqual([headers, 403]);
  });

  test("are protected in every spelling of their path", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_ADMIN_KEY: "boss" },
    });
    const spellings = [
      "/v1/admin/models/status",
      "/admin/models/status",
      "//v1//admin/models/status/",
      "/openai/v1/v1/admin/models/status",
      "/V1/admin/models/status",
      "/v1/admin/models/%73tatus",
      "/v1%2Fadmin/models/status",
      "/v1/models/../admin/models/status",
      "/health/../v1/admin/models/status",
      "/v1/admin/models/status?x=/health",
    ];
    for (const path of spellings) {
      const response = await fetch(`${server.url}${path}`);
      expect([path, [401, 404].includes(response.status)]).toEqual([path, true]);
    }
    for (const path of [
      "/v1/models/base",
      "/models/base",
      "//v1/models//base",
      "/v1/models/x%2Fy",
    ]) {
      const response = await fetch(`${server.url}${path}`, { method: "DELETE" });
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  test("without keys answer nobody when the server listens beyond this machine", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_HOST: "0.0.0.0" },
    });
    const response = await fetch(
      `http://127.0.0.1:${new URL(server.url).port}/v1/admin/models/status`,
    );
    expect(response.status).toBe(403);
  });

  test.each([
    [{}, "model"],
    [{ model: 5 }, "model"],
    [{ model: "x", more: 1 }, "more"],
  ])("return the name of the invalid field in %j", async (body, param) => {
    await using server = await startServer({ environment: nullEngine });
    await expectError(await admin(server, "load", body), {
      status: 400,
      code: "invalid_request",
      param,
    });
  });
});

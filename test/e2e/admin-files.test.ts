/** Tests the admin routes with which the operator downloads and deletes models. The hub is a local server. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { pullEvent } from "../../src/http/admin-schema.ts";
import { startHub } from "../models/hub/local-hub.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import {
  formOf,
  nullEngine,
  type ServerOptions,
  startServer,
  type TestServer,
  until,
} from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
const repositories = { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights } };
const tiny = { model: "tiny.en" };

function start(hub: { endpoint: string }, options: ServerOptions = {}) {
  return startServer({
    ...options,
    environment: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0", ...options.environment },
  });
}

function admin(server: TestServer, route: string, body: object, init: RequestInit = {}) {
  const url = `${server.url}/v1/admin/models/${route}`;
  return fetch(url, { method: "POST", body: JSON.stringify(body), ...init });
}

const remove = (server: TestServer, id: string) =>
  fetch(`${server.url}/v1/models/${id}`, { method: "DELETE" });
const ask = (server: TestServer, model: string) =>
  server.post(formOf({ file: wavOf(0.5, tone), model }));

function filesOf(server: TestServer): string[] {
  const folder = join(server.folder, "hub");
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

describe("pull", () => {
  test("downloads a model even with --pull never, and returns its repository and commit", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub, { flags: ["--pull", "never"] });
    const response = await admin(server, "pull", tiny);
    expect(await response.json()).toEqual({
      model: "tiny.en",
      bytes: weights.length,
      repository: "ggerganov/whisper.cpp",
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect((await ask(server, "tiny.en")).status).toBe(200);
    const ids = (await server.client().models.list()).data.map(({ id }) => id);
    expect(ids).toContain("tiny.en");
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
      'open_asr_model_downloads_total{result="done"} 1',
    );
    const sent = hub.requests.length;
    expect((await admin(server, "pull", tiny)).status).toBe(200);
    expect(hub.requests.length).toBe(sent + 1);
  });

  test("streams its progress on request", async () => {
    using hub = await startHub({
      repositories,
      fault({ host }, response) {
        if (host !== "storage") return false;
        // The server sends a progress event each second. The download takes 1.5 s, so the server sends at least one
        // event.
        setTimeout(() => response.end(weights), 1500);
        return true;
      },
    });
    await using server = await start(hub);
    const response = await admin(server, "pull", { ...tiny, stream: true });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const events = (await response.text())
      .trimEnd()
      .split("\n\n")
      .map((text): unknown => JSON.parse(text.replace(/^data: /, "")));
    expect(events.every((event) => Value.Check(pullEvent, event))).toBe(true);
    expect(events[0]).toEqual({
      type: "model.pull.progress",
      state: "downloading",
      bytes: 0,
      total_bytes: weights.length,
    });
    expect(events.at(-1)).toMatchObject({ type: "model.pull.done", model: "tiny.en" });
  });

  test("reports errors with their status before the download begins, and as an event after", async () => {
    using hub = await startHub({
      repositories,
      fault({ host }, response) {
        if (host !== "storage") return false;
        response.writeHead(403).end();
        return true;
      },
    });
    await using server = await start(hub);
    for (const stream of [false, true]) {
      await expectError(await admin(server, "pull", { model: "tinny.en", stream }), {
        status: 404,
        code: "model_not_found",
        param: "model",
      });
      await expectError(
        await admin(server, "pull", { model: "Systran/faster-whisper-tiny", stream }),
        {
          status: 404,
          code: "model_not_found",
          param: "model",
        },
      );
    }
    const events = await (await admin(server, "pull", { ...tiny, stream: true })).text();
    expect(events).toContain('"type":"error"');
    expect(events).toContain('"code":"model_');
  });

  test("continues when its client disconnects", async () => {
    let isAsked = false;
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    using hub = await startHub({
      repositories,
      fault({ host }, response) {
        if (host !== "storage") return false;
        isAsked = true;
        void held.then(() => response.end(weights));
        return true;
      },
    });
    await using server = await start(hub);
    const leaving = new AbortController();
    const { signal } = leaving;
    const waiting = admin(server, "pull", tiny, { signal }).catch(() => null);
    await until("the download has begun", () => isAsked);
    // A second request for the same model joins the running download and receives its progress.
    const joined = await admin(server, "pull", { ...tiny, stream: true }, { signal });
    await joined.body!.getReader().read();
    leaving.abort();
    await waiting;
    await until("the log has both requests", () => server.log().split("status=499").length > 2);
    release();
    expect((await admin(server, "pull", tiny)).status).toBe(200);
    expect(hub.requests.filter(({ host }) => host === "storage")).toHaveLength(1);
  });

  test("is refused offline, and for a model that the operator does not allow", async () => {
    using hub = await startHub({ repositories });
    await using offline = await start(hub, { environment: { HF_HUB_OFFLINE: "1" } });
    await expectError(await admin(offline, "pull", tiny), {
      status: 502,
      code: "model_download_failed",
      says: /works offline/,
      param: "model",
    });
    await using server = await start(hub, { flags: ["--allowed-models", "base"] });
    await expectError(await admin(server, "pull", tiny), {
      status: 403,
      code: "model_not_allowed",
      param: "model",
    });
    expect(hub.requests).toEqual([]);
  });
});

describe("DELETE", () => {
  test("removes the files that this server downloaded, and unloads the model", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub);
    expect((await ask(server, "tiny.en")).status).toBe(200);
    expect(filesOf(server)).toContain("ggml-tiny.en.bin");
    expect(await (await remove(server, "tiny.en")).json()).toEqual({
      id: "tiny.en",
      object: "model",
      deleted: true,
    });
    expect(filesOf(server).filter((name) => !name.endsWith(".lock"))).toEqual([]);
    expect(server.runners()).toEqual([]);
    await expectError(await remove(server, "tiny.en"), {
      status: 404,
      code: "model_not_found",
      param: "model",
    });
    expect((await ask(server, "tiny.en")).status).toBe(200);
  });

  test("refuses a model in use", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub, {
      environment: { OPEN_ASR_SERVER_PRELOAD: "tiny.en" },
    });
    while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20);
    await expectError(await remove(server, "tiny.en"), {
      status: 409,
      code: "model_in_use",
      param: "model",
    });
    expect((await ask(server, "tiny.en")).status).toBe(200);
  });

  test("refuses files of a repository from which a download runs", async () => {
    let isAsked = false;
    using hub = await startHub({
      repositories: {
        "ggerganov/whisper.cpp": {
          "ggml-tiny.en.bin": weights,
          "ggml-tiny.bin": weights.subarray(1),
        },
      },
      fault({ host, path }) {
        isAsked = host === "storage" && path.endsWith("ggml-tiny.bin");
        return isAsked;
      },
    });
    await using server = await start(hub, {
      environment: { OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS: "0" },
    });
    expect((await admin(server, "pull", tiny)).status).toBe(200);
    const pulling = admin(server, "pull", { model: "tiny" }).catch(() => null);
    await until("the download has begun", () => isAsked);
    await expectError(await remove(server, "tiny.en"), {
      status: 409,
      code: "model_in_use",
      param: "model",
    });
    expect((await ask(server, "tiny.en")).status).toBe(200);
    expect(await server.stop()).toBe(0);
    await pulling;
  });

  test("refuses files that this server did not download, and other names of a model", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub, { environment: nullEngine });
    const snapshot = join(
      server.folder,
      "hub/models--ggerganov--whisper.cpp/snapshots",
      "a".repeat(40),
    );
    mkdirSync(join(snapshot, "../../blobs"), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    cpSync(
      join(repository, ".build/models/ggml-tiny.en-q8_0.bin"),
      join(snapshot, "../../blobs/x"),
    );
    symlinkSync("../../blobs/x", join(snapshot, "ggml-tiny.en.bin"));
    for (const id of ["tiny.en", "whisper-cpp:tiny.en", "base", "null:echo"]) {
      await expectError(await remove(server, id), {
        status: 409,
        code: "model_not_removable",
        param: "model",
      });
    }
    expect(filesOf(server)).toContain("ggml-tiny.en.bin");
    await expectError(await remove(server, "..%2F..%2Fetc"), {
      status: 403,
      code: "model_not_allowed",
      param: "model",
    });
    for (const id of ["whisper-1", "absent"]) {
      await expectError(await remove(server, id), {
        status: 404,
        code: "model_not_found",
        param: "model",
      });
    }
    expect(hub.requests).toEqual([]);
  });
});

test("neither unload nor GET /v1/models/{id} downloads a missing model", async () => {
  using hub = await startHub({ repositories });
  await using server = await start(hub);
  const missing = { status: 404, code: "model_not_found", param: "model" } as const;
  await expectError(await admin(server, "unload", tiny), missing);
  await expectError(await fetch(`${server.url}/v1/models/tiny.en`), missing);
  expect(hub.requests).toEqual([]);
});

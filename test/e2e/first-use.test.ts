/** Tests that a model that is not on this machine is downloaded when it is first used. The hub is a local server. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startHub, stopsAfter } from "../models/hub/local-hub.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, type ServerOptions, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
const speech = readFileSync(join(repository, "samples/jfk_5_10.flac"));
const repositories = {
  "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights, "ggml-small.bin": weights },
};
const blocked: Parameters<typeof startHub>[0]["fault"] = ({ host }) => host === "storage";

function start(hub: { endpoint: string }, options: ServerOptions = {}) {
  return startServer({
    ...options,
    environment: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0", ...options.environment },
  });
}

const cacheOf = (server: TestServer) => join(server.folder, "hub");
const ask = (server: TestServer, model: string) =>
  server.post(formOf({ file: wavOf(0.5, tone), model }));

describe("a request for a published model", () => {
  test("downloads it, and is answered by it; the next server finds it in the cache", async () => {
    using hub = await startHub({ repositories });
    const transcribe = async (server: TestServer): Promise<string> => {
      const file = new File([speech], "jfk.flac");
      const answer = server.client().audio.transcriptions.create({ file, model: "tiny.en" });
      return (await answer).text.toLowerCase();
    };
    await using server = await start(hub);
    expect(await transcribe(server)).toContain("ask what you can do for your");
    const files = readdirSync(cacheOf(server), { recursive: true, encoding: "utf8" });
    expect(files.some((path) => path.endsWith("ggml-tiny.en.bin"))).toBe(true);
    const before = hub.requests.length;
    await using offline = await start(hub, {
      environment: { HF_HUB_CACHE: cacheOf(server), HF_HUB_OFFLINE: "1" },
    });
    expect(await transcribe(offline)).toContain("ask what you can do for your");
    expect(hub.requests).toHaveLength(before);
  });

  test("gets 503 with the state of the download after a long wait; other requests continue", async () => {
    using hub = await startHub({ repositories, fault: blocked });
    await using server = await start(hub, {
      environment: { OPEN_ASR_SERVER_PULL_WAIT_SECONDS: "1" },
    });
    const [missing, present] = await Promise.all([ask(server, "tiny.en"), ask(server, "base")]);
    await expectError(missing, {
      status: 503,
      code: "model_downloading",
      says: /^Model "tiny.en" is being downloaded: 0 %. Retry in 30 s.$/,
      retry: true,
    });
    expect(present.status).toBe(200);
  });

  test("shares one download with all others, and leaving it does not stop the download", async () => {
    let asked = 0;
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    using hub = await startHub({
      repositories,
      fault({ host }, response) {
        if (host !== "storage") return false;
        asked += 1;
        void held.then(() => response.end(weights));
        return true;
      },
    });
    await using server = await start(hub);
    const leaving = new AbortController();
    const body = formOf({ file: wavOf(0.5, tone), model: "tiny.en" });
    const left = server.post(body, { signal: leaving.signal }).catch(() => null);
    const others = [ask(server, "tiny.en"), ask(server, "tiny.en")];
    await until("the download has begun", () => asked > 0);
    leaving.abort();
    await left;
    release();
    const answers = await Promise.all(others);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(asked).toBe(1);
  });
});

describe("no request downloads", () => {
  test("a repository that the operator did not name", async () => {
    using hub = await startHub({ repositories: {} });
    await using server = await start(hub);
    const response = await ask(server, "someone/faster-whisper-tiny");
    await expectError(response, { status: 404, code: "model_not_found" });
    expect(hub.requests).toEqual([]);
  });

  test("a published model of a server that listens beyond this machine", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub, { flags: ["--host", "0.0.0.0"] });
    await expectError(await ask(server, "tiny.en"), { status: 404, code: "model_not_found" });
    expect(hub.requests).toEqual([]);
  });

  test("anything with --pull never", async () => {
    using hub = await startHub({ repositories });
    await using server = await start(hub, { flags: ["--pull", "never"] });
    await expectError(await ask(server, "tiny.en"), { status: 404, code: "model_not_found" });
    expect(hub.requests).toEqual([]);
  });
});

test("a name that the operator allowed is downloaded beyond loopback, too", async () => {
  using hub = await startHub({ repositories });
  await using server = await start(hub, {
    flags: ["--host", "0.0.0.0", "--allowed-models", "tiny.en"],
  });
  expect((await ask(server, "tiny.en")).status).toBe(200);
});

test("a server that stops ends its downloads; the next one continues them", async () => {
  using hub = await startHub({
    repositories,
    fault: stopsAfter(5_000_000, weights),
  });
  await using server = await start(hub, {
    environment: { OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS: "0" },
  });
  const waiting = ask(server, "tiny.en").catch(() => null);
  const blobs = join(cacheOf(server), "models--ggerganov--whisper.cpp", "blobs");
  const part = () =>
    existsSync(blobs)
      ? readdirSync(blobs).find((name) => Bun.file(join(blobs, name)).size >= 5_000_000)
      : undefined;
  await until("the first part is on disk", () => part() !== undefined);
  expect(await server.stop()).toBe(0);
  await waiting;
  await using next = await start(hub, { environment: { HF_HUB_CACHE: cacheOf(server) } });
  expect((await ask(next, "tiny.en")).status).toBe(200);
  expect(hub.requests.at(-1)?.headers.range).toBe("bytes=5000000-");
});

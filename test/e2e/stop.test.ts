/**
 * Tests startup and shutdown. The server is ready after its models are loaded. At shutdown, it finishes running
 * requests and leaves no process or file behind.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { isAlive } from "./processes.ts";
import { hasJsonBody, rawForm, rawHead, sendRaw } from "./raw-http.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };
const longPath = join(repository, "test/audio/long_en.ogg");

const command = (on: TestServer, prompt: string) =>
  on.post(formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt }));

const statusOf = async (on: TestServer, path: string) => (await fetch(on.url + path)).status;

test("the server is ready after its models are loaded", async () => {
  await using server = await startServer({ environment, flags: ["--preload", "null:slow"] });
  expect(await statusOf(server, "/ready")).toBe(503);
  expect(await statusOf(server, "/health")).toBe(200);
  while ((await statusOf(server, "/ready")) !== 200) await Bun.sleep(20);
  expect(server.runners()).toHaveLength(1);
});

describe.skipIf(isWindows)("after SIGTERM the server", () => {
  test("finishes running requests, rejects new ones, and leaves no process or file behind", async () => {
    await using server = await startServer({ environment });
    await command(server, "say hi");
    const [runner] = server.runners();
    const running = command(server, "sleep 4000; say done");
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(300);
    const exit = server.stop();
    // A service manager sends the signal to every process of the service, so this test also sends it to the runner.
    process.kill(runner!, "SIGTERM");
    while ((await statusOf(server, "/ready")) !== 503) await Bun.sleep(10);
    expect(await statusOf(server, "/health")).toBe(200);
    const refused = await command(server, "say more");
    expect(refused.headers.get("connection")).toBe("close");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await expectError(refused, { status: 503, code: "server_stopping", retry: true });

    expect(await (await running).json()).toMatchObject({ text: "done" });
    expect(await exit).toBe(0);
    expect(isAlive(runner!)).toBe(false);
    expect(server.spoolEntries()).toEqual([]);
  });

  test("answers 503 server_stopping to requests that still run at the drain timeout", async () => {
    const bounded = { ...environment, OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS: "1" };
    await using server = await startServer({ environment: bounded });
    await command(server, "say hi");
    const [runner] = server.runners();
    const answers = [command(server, "hang"), command(server, "say next")];
    await until("both uploads are on disk", () => server.spooled().length === 2);
    await Bun.sleep(300);
    const startMs = performance.now();
    const exit = server.stop();
    const expected = { status: 503, code: "server_stopping", retry: true };
    for (const answer of answers) await expectError(await answer, expected);
    expect(await exit).toBe(0);
    // The limit is 15 s. The default drain timeout is 30 s, so the server has not used the default.
    expect(performance.now() - startMs).toBeLessThan(15_000);
    expect(isAlive(runner!)).toBe(false);
    expect(server.spoolEntries()).toEqual([]);
  });

  test("answers 503 server_stopping to uploads that still arrive at the drain timeout", async () => {
    const bounded = { ...environment, OPEN_ASR_SERVER_DRAIN_TIMEOUT_SECONDS: "1" };
    await using server = await startServer({ environment: bounded });
    const sent = rawForm("x".repeat(1000), { model: "null:echo" }).slice(0, -20);
    const head = rawHead({ "Content-Length": "1000000" });
    const heard = sendRaw(server.url, head + sent, hasJsonBody);
    await until("the upload is on disk", () => server.spooled().length === 1);
    const exit = server.stop();
    expect(await heard).toMatch(/ 503 [\s\S]*server is stopping[\s\S]*"server_stopping"/);
    expect(await exit).toBe(0);
    expect(server.spoolEntries()).toEqual([]);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("stops at once when %s follows", async (second, code) => {
    await using server = await startServer({ environment });
    await command(server, "say hi");
    const [runner] = server.runners();
    const answer = command(server, "hang").catch(() => "cut off");
    await until("the upload is on disk", () => server.spooled().length === 1);
    void server.stop();
    await until("the server stops", () => server.log().includes(" stopping "));
    expect(await server.stop(second)).toBe(code);
    expect(await answer).toBe("cut off");
    await until("the runner has ended", () => !isAlive(runner!));
    expect(server.spoolEntries()).toEqual([]);
  });

  test("ends even while it loads a model", async () => {
    await using server = await startServer({ environment, flags: ["--preload", "null:stuck"] });
    await until("the model is being loaded", () => server.runners().length === 1);
    const [runner] = server.runners();
    expect(await server.stop()).toBe(0);
    expect(isAlive(runner!)).toBe(false);
  });
});

test.skipIf(isWindows)("an idle server ends after SIGINT", async () => {
  await using server = await startServer({ environment });
  expect(await server.stop("SIGINT")).toBe(130);
  expect(server.spoolEntries()).toEqual([]);
});

describe("after SIGKILL of the server, its runner ends,", () => {
  test.each([
    ["inside the engine", "null:echo", "hang"],
    ["while it loads a model", "null:stuck", ""],
  ])("%s", async (_where, model, prompt) => {
    await using server = await startServer({ environment });
    const form = formOf({ file: wavOf(0.5, tone), model, prompt });
    const answer = server.post(form).catch(() => "cut off");
    await until("the runner has started", () => server.runners().length === 1);
    await Bun.sleep(300);
    const [runner] = server.runners();
    await server.stop("SIGKILL");
    expect(await answer).toBe("cut off");
    await until("the runner has ended", () => !isAlive(runner!));
  });

  test("during a transcription, and the next server deletes the uploads", async () => {
    await using server = await startServer();
    const answer = server.post(formOf({ file: Bun.file(longPath) })).catch(() => "cut off");
    await until("the runner has started", () => server.runners().length === 1);
    const [runner] = server.runners();
    await server.stop("SIGKILL");
    expect(await answer).toBe("cut off");
    await until("the runner has ended", () => !isAlive(runner!));
    expect(server.spooled()).toHaveLength(1);

    await using next = await startServer({
      environment: { OPEN_ASR_SERVER_SPOOL_DIR: join(server.folder, "spool") },
    });
    expect(next.url).toStartWith("http");
    expect(server.spooled()).toEqual([]);
  });
});

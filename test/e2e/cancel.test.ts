/** Clients that leave, at any point: their work stops, its place is free, their file is gone, others go on. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { cpuSeconds, isAlive } from "./processes.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const environment = {
  ...nullEngine,
  OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1",
  OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1",
};
const speechPath = join(repository, "test/audio/en_agent-user.flac");
const longPath = join(repository, "test/audio/long_en.ogg");

describe("a client of an engine that leaves", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const command = (prompt: string, signal?: AbortSignal, model = "null:echo") =>
    server.post(formOf({ file: wavOf(0.5, tone), model, prompt }), signal ? { signal } : {});
  const expectWorks = async () =>
    expect(await (await command("say still here")).json()).toMatchObject({ text: "still here" });

  test("while it uploads leaves nothing", async () => {
    const leaving = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from(formStart));
        for (let n = 0; n < 1000 && !leaving.signal.aborted; n++) {
          controller.enqueue(Buffer.alloc(1000));
          await Bun.sleep(10);
        }
      },
    });
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const answer = server.post(body, { headers, signal: leaving.signal });
    await until("the upload is on disk", () => server.spooled().length === 1);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the upload is gone", () => server.spooled().length === 0);
    await expectWorks();
  });

  test.each([
    ["while its model is loaded", "null:stuck", "say hi"],
    ["inside the engine", "null:echo", "sleep 60000"],
  ])("%s is forgotten", async (_when, model, prompt) => {
    const leaving = new AbortController();
    const answer = command(prompt, leaving.signal, model);
    await until("it is there", () => server.spooled().length === 1);
    await Bun.sleep(300);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("its file is gone", () => server.spooled().length === 0);
    await expectWorks();
  });

  test("while it waits for another is forgotten; the other goes on", async () => {
    await expectWorks();
    const other = command("sleep 1500; say other");
    await until("the other is there", () => server.spooled().length === 1);
    await Bun.sleep(200);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("it is there", () => server.spooled().length === 2);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("its file is gone", () => server.spooled().length === 1);
    expect(await (await other).json()).toMatchObject({ text: "other" });
    await expectWorks();
  });

  test("while it waits to be run once more is forgotten", async () => {
    await expectWorks();
    const before = server.runners();
    // It dies of the first one, alone with it for a while; the second one waits for its turn.
    const killer = command("sleep 800; crash");
    await until("the killer is there", () => server.spooled().length === 1);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("the runner has died", () => !before.every(isAlive));
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("its file is gone", () => server.spooled().length === 1);
    expect((await killer).status).toBe(500);
    await expectWorks();
  });

  test("which ignores that is ended, and the next request gets a new one", async () => {
    await expectWorks();
    const before = server.runners();
    const leaving = new AbortController();
    const answer = command("hang", leaving.signal);
    await until("it is there", () => server.spooled().length === 1);
    await Bun.sleep(500);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the runner is gone", () => !before.every(isAlive));
    await expectWorks();
    expect(server.spooled()).toEqual([]);
  });
});

describe("a client of the starter model that leaves", () => {
  let server: TestServer;
  let runner: number;
  beforeAll(async () => {
    server = await startServer({ environment });
    expect((await server.post(formOf({ file: Bun.file(speechPath) }))).status).toBe(200);
    runner = server.runners()[0]!;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Leaves once the runner has worked on the file for so long. */
  const leaveAfter = async (cpuS: number, file: Blob) => {
    const before = cpuSeconds(runner);
    const leaving = new AbortController();
    const form = formOf({ file, language: "en" });
    const answer = server.post(form, { signal: leaving.signal });
    await until("it works", () => cpuSeconds(runner) > before + cpuS);
    expect(server.spooled()).toHaveLength(1);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the upload is gone", () => server.spooled().length === 0);
    await untilIdle(runner);
  };

  // A chunk of 30 s is encoded for the better part of a second, then decoded for longer.
  test.each([[0.1], [0.4], [1.5], [3]])(
    "after %d s of work stops it: the runner idles, its lane is free",
    async (cpuS) => {
      await leaveAfter(cpuS, Bun.file(longPath));
      const response = await server.post(formOf({ file: Bun.file(speechPath), language: "en" }));
      expect(((await response.json()) as { text: string }).text).toContain("agent number");
      expect(server.runners()).toEqual([runner]);
    },
  );

  test("while the audio is decoded stops that", async () => {
    // Nobody speaks in it: no model is asked before its end.
    await leaveAfter(0.3, wavOf(30 * 60));
  });
});

test("work that takes too long is stopped as if its client had left, and told so", async () => {
  await using server = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1" },
  });
  const expected = { status: 504, code: "deadline_exceeded", says: /more than 1 s/ };
  for (const prompt of ["sleep 60000", "hang"]) {
    const form = formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt });
    await expectError(await server.post(form), expected);
  }
  await expectError(await server.post(formOf({ file: Bun.file(longPath) })), expected);
  const runner = server.runners().at(-1)!;
  await untilIdle(runner);
  expect(server.runners()).toContain(runner);
  expect(server.spooled()).toEqual([]);
});

// --- internal ---

const formStart =
  '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nnull:echo\r\n' +
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';

/** A second in which a process takes next to no CPU time. */
async function untilIdle(pid: number): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const before = cpuSeconds(pid);
    await Bun.sleep(1000);
    if (cpuSeconds(pid) - before < 0.1) return;
  }
  throw new Error("The runner works on though nobody waits for it");
}

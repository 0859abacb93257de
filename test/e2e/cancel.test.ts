/**
 * Tests clients that disconnect at any stage of their requests. The server must stop the job, free the lane and the
 * slot in the queue, delete the file, and continue to serve other clients.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { cpuSeconds, isAlive, secondsUntilIdle } from "./processes.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

/**
 * Maximum time for a cancellation in seconds. A cancellation should take at most one second, but it may take longer on
 * a busy machine. Without the cancellation, the job would take far longer than this maximum.
 */
const goneSMax = 3;
/**
 * Maximum CPU time in seconds that a runner with two threads may use between a cancel and the end of its work. The
 * limit is a CPU time, because other work on the machine does not count in it.
 */
const busyCpuSMax = 2 * goneSMax;

const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };
const impatient = { ...environment, OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1" };
const speechPath = join(repository, "test/audio/en_agent-user.flac");
const fasterPath = join(repository, ".build/models/faster-whisper-base");
const longPath = join(repository, "test/audio/long_en.ogg");

const figures: string[] = [];
afterAll(() => console.log(["seconds after a client disconnected:", ...figures].join("\n  ")));

describe("when a client of the null engine disconnects", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment: impatient });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const command = (prompt: string, signal?: AbortSignal, model = "null:echo", durationS = 0.5) =>
    server.post(formOf({ file: wavOf(durationS, tone), model, prompt }), signal ? { signal } : {});
  const expectWorks = async () =>
    expect(await (await command("say still here")).json()).toMatchObject({ text: "still here" });

  test("during its upload, the server deletes the upload", async () => {
    await expectWorks();
    const leaving = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from(formStart));
        while (!leaving.signal.aborted) {
          controller.enqueue(Buffer.alloc(1000));
          await Bun.sleep(10);
        }
      },
    });
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const answer = server.post(body, { headers, signal: leaving.signal });
    await until("the upload is on disk", () => server.spooled().length === 1);
    await leave(server, leaving, answer, { stage: "uploading" });
    await expectWorks();
  });

  test.each([
    ["while its model is loaded", "null:stuck", "say hi"],
    ["inside the engine", "null:echo", "sleep 60000"],
  ])("%s, the server drops the job", async (stage, model, prompt) => {
    const leaving = new AbortController();
    const answer = command(prompt, leaving.signal, model);
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(300);
    await leave(server, leaving, answer, { stage });
    await expectWorks();
  });

  test("while its job waits for a lane, the server drops the job; the running job continues in the same runner", async () => {
    await expectWorks();
    const before = server.runners();
    const other = command("sleep 8000; say other");
    await until("the other upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(200);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("the upload is on disk", () => server.spooled().length === 2);
    await Bun.sleep(300);
    await leave(server, leaving, answer, { stage: "queued", others: 1 });
    expect(await (await other).json()).toMatchObject({ text: "other" });
    expect(server.runners()).toEqual(before);
  });

  test("while the rest of its job waits for a lane, the server drops the job too", async () => {
    await expectWorks();
    const before = server.runners();
    const leaving = new AbortController();
    const answer = command("sleep 500", leaving.signal, "null:echo", 90);
    await until("the upload is on disk", () => server.spooled().length === 1);
    // The first chunk of the job occupies the lane for half a second. Then the job `other` gets the lane.
    const other = command("sleep 8000; say other");
    await until("the other upload is on disk", () => server.spooled().length === 2);
    await Bun.sleep(1500);
    await leave(server, leaving, answer, { stage: "queued between two chunks", others: 1 });
    expect(await (await other).json()).toMatchObject({ text: "other" });
    expect(server.runners()).toEqual(before);
  });

  test("while its job waits to run again after a runner crash, the server drops the job", async () => {
    await expectWorks();
    const before = server.runners();
    // The job `killer` crashes the runner. Then the supervisor runs `killer` again, alone. During this time, the other
    // job waits.
    const killer = command("sleep 4000; crash");
    await until("the killer's upload is on disk", () => server.spooled().length === 1);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("the runner has died", () => !before.every(isAlive));
    await leave(server, leaving, answer, {
      stage: "queued behind a job that killed a runner",
      others: 1,
    });
    expect((await killer).status).toBe(500);
    await expectWorks();
  });

  test("and its job ignores the cancel, the server ends the runner, and the next request gets a new one", async () => {
    await expectWorks();
    const before = server.runners();
    const leaving = new AbortController();
    const answer = command("hang", leaving.signal);
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(500);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the runner is gone", () => !before.every(isAlive));
    await expectWorks();
    expect(server.spooled()).toEqual([]);
  });
});

describe.each([
  ["the starter model", []],
  // The conformance suite cancels inside the engines. This test covers the processes around an engine, which are the
  // same for both engines. So one engine is enough for `npm test`.
  ...(isFull ? [["a model of faster-whisper", ["--model", fasterPath]] as const] : []),
] as const)("when a client of %s disconnects", (name, flags) => {
  let server: TestServer;
  let runner: number;
  beforeAll(async () => {
    server = await startServer({ environment, flags });
    expect((await server.post(formOf({ file: Bun.file(speechPath) }))).status).toBe(200);
    runner = server.runners()[0]!;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  // The file has nine chunks of 30 s. For each chunk, the encoder needs almost a second, and the decoder needs longer.
  test.each([
    ["in the encoder", 0.4, () => Bun.file(longPath)],
    ["in the decoder", 1.5, () => Bun.file(longPath)],
    // The engine has the same state in each chunk, so `npm test` cancels only in the first chunk.
    ...(isFull ? [["in a later chunk", 4, () => Bun.file(longPath)] as const] : []),
    // Two hours of silence take about ten seconds to decode. No chunk reaches the model before the end of the file.
    ["while the audio is decoded", 0.3, () => wavOf(2 * 60 * 60)],
  ] as const)(
    "%s, its job stops: the runner becomes idle and its lane free",
    async (stage, cpuS, file) => {
      const before = cpuSeconds(runner);
      const leaving = new AbortController();
      const form = formOf({ file: file(), language: "en" });
      const answer = server.post(form, { signal: leaving.signal });
      await until("the runner works", () => cpuSeconds(runner) > before + cpuS);
      await leave(server, leaving, answer, { stage: `${stage} of ${name}`, runner });

      const response = await server.post(formOf({ file: Bun.file(speechPath), language: "en" }));
      expect(((await response.json()) as { text: string }).text).toContain("agent number");
      expect(server.runners()).toEqual([runner]);
    },
  );
});

test("the server stops a job that takes too long and answers 504", async () => {
  await using server = await startServer({
    environment: { ...impatient, OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1" },
  });
  const expected = { status: 504, code: "deadline_exceeded", says: /more than 1 s/ };
  for (const prompt of ["sleep 60000", "hang"]) {
    const form = formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt });
    await expectError(await server.post(form), expected);
  }
  expect(server.spooled()).toEqual([]);

  // On a busy machine, a runner that computes needs more time to stop. So this server uses the default cancel timeout
  // instead of 1 s.
  await using computing = await startServer({
    environment: { ...environment, OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1" },
  });
  await expectError(await computing.post(formOf({ file: Bun.file(longPath) })), expected);
  const runner = computing.runners().at(-1)!;
  await secondsUntilIdle(runner, busyCpuSMax);
  expect(computing.runners()).toContain(runner);
  expect(computing.spooled()).toEqual([]);
});

// --- internal ---

const formStart =
  '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nnull:echo\r\n' +
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';

interface Leaving {
  readonly stage: string;
  /** Number of running requests of other clients, which the cancel must not change. */
  readonly others?: number;
  /** Process id of the runner that must become idle. Absent if the runner has other work. */
  readonly runner?: number;
}

/** Closes the connection of a request. Expects that nothing of the request remains, and records how long that took. */
async function leave(
  server: TestServer,
  leaving: AbortController,
  answer: Promise<Response>,
  { stage, others = 0, runner }: Leaving,
): Promise<void> {
  expect(server.spooled()).toHaveLength(others + 1);
  const outcome = answer.catch(() => "cut off");
  const startMs = performance.now();
  leaving.abort();
  const isGone = () => server.spooled().length === others;
  const gone = async () => {
    await until("the upload is gone", isGone, runner === undefined ? goneSMax : undefined);
    return (performance.now() - startMs) / 1000;
  };
  const idle = runner === undefined ? null : secondsUntilIdle(runner, busyCpuSMax);
  const [goneS, idleS] = await Promise.all([gone(), idle]);
  expect(await outcome).toBe("cut off");
  const idleWords = idleS === null ? "" : `, the runner is idle after ${idleS.toFixed(2)}`;
  figures.push(`${stage}: the upload is deleted after ${goneS.toFixed(2)}${idleWords}`);
}

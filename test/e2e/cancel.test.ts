/** Clients that leave, at any point: their work stops, its place is free, their file is gone, others go on. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { cpuSeconds, isAlive, secondsUntilIdle } from "./processes.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

/** The rule is a second. A busy machine gets more, and far less than the work would take that is left. */
const goneSMax = 3;
/** The same of a runner that computes, in CPU time of the two threads that a request may have. */
const busyCpuSMax = 2 * goneSMax;

const environment = { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" };
const impatient = { ...environment, OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1" };
const speechPath = join(repository, "test/audio/en_agent-user.flac");
const fasterPath = join(repository, ".build/models/faster-whisper-base");
const longPath = join(repository, "test/audio/long_en.ogg");

const figures: string[] = [];
afterAll(() => console.log(["seconds from a client's leaving on:", ...figures].join("\n  ")));

describe("a client of an engine that leaves", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment: impatient });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const command = (prompt: string, signal?: AbortSignal, model = "null:echo", durationS = 0.5) =>
    server.post(formOf({ file: wavOf(durationS, tone), model, prompt }), signal ? { signal } : {});
  const expectWorks = async () =>
    expect(await (await command("say still here")).json()).toMatchObject({ text: "still here" });

  test("while it uploads leaves nothing", async () => {
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
  ])("%s is forgotten", async (stage, model, prompt) => {
    const leaving = new AbortController();
    const answer = command(prompt, leaving.signal, model);
    await until("it is there", () => server.spooled().length === 1);
    await Bun.sleep(300);
    await leave(server, leaving, answer, { stage });
    await expectWorks();
  });

  test("while all of it waits for another is forgotten; the other goes on in the same runner", async () => {
    await expectWorks();
    const before = server.runners();
    const other = command("sleep 8000; say other");
    await until("the other is there", () => server.spooled().length === 1);
    await Bun.sleep(200);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("it is there", () => server.spooled().length === 2);
    await Bun.sleep(300);
    await leave(server, leaving, answer, { stage: "queued", others: 1 });
    expect(await (await other).json()).toMatchObject({ text: "other" });
    expect(server.runners()).toEqual(before);
  });

  test("while the rest of it waits for another is forgotten as well", async () => {
    await expectWorks();
    const before = server.runners();
    const leaving = new AbortController();
    const answer = command("sleep 500", leaving.signal, "null:echo", 90);
    await until("it is there", () => server.spooled().length === 1);
    // It has the lane for the first half a second; then the other has it, whose turn is next.
    const other = command("sleep 8000; say other");
    await until("the other is there", () => server.spooled().length === 2);
    await Bun.sleep(1500);
    await leave(server, leaving, answer, { stage: "queued between two chunks", others: 1 });
    expect(await (await other).json()).toMatchObject({ text: "other" });
    expect(server.runners()).toEqual(before);
  });

  test("while it waits to be run once more is forgotten", async () => {
    await expectWorks();
    const before = server.runners();
    // It dies of the first one, alone with it for a while; the second one waits for its turn.
    const killer = command("sleep 4000; crash");
    await until("the killer is there", () => server.spooled().length === 1);
    const leaving = new AbortController();
    const answer = command("sleep 60000", leaving.signal);
    await until("the runner has died", () => !before.every(isAlive));
    await leave(server, leaving, answer, { stage: "queued behind who killed a runner", others: 1 });
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

describe.each([
  ["the starter model", []],
  // The conformance suite cancels inside both engines; this adds the processes around them, which are the same.
  ...(isFull ? [["a model of faster-whisper", ["--model", fasterPath]] as const] : []),
] as const)("a client of %s that leaves", (name, flags) => {
  let server: TestServer;
  let runner: number;
  beforeAll(async () => {
    server = await startServer({ environment, flags });
    expect((await server.post(formOf({ file: Bun.file(speechPath) }))).status).toBe(200);
    runner = server.runners()[0]!;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  // A chunk of 30 s is encoded for the better part of a second, then decoded for longer; the file has nine of them.
  test.each([
    ["in the encoder", 0.4, () => Bun.file(longPath)],
    ["in the decoder", 1.5, () => Bun.file(longPath)],
    // The state of the engine is the same in each chunk, so the first one stands for all.
    ...(isFull ? [["in a later chunk", 4, () => Bun.file(longPath)] as const] : []),
    // Nobody speaks in these hours, which take ten seconds: no model is asked before their end.
    ["while the audio is decoded", 0.3, () => wavOf(2 * 60 * 60)],
  ] as const)(
    "%s stops its work: the runner idles, its lane is free",
    async (stage, cpuS, file) => {
      const before = cpuSeconds(runner);
      const leaving = new AbortController();
      const form = formOf({ file: file(), language: "en" });
      const answer = server.post(form, { signal: leaving.signal });
      await until("it works", () => cpuSeconds(runner) > before + cpuS);
      await leave(server, leaving, answer, { stage: `${stage} of ${name}`, runner });

      const response = await server.post(formOf({ file: Bun.file(speechPath), language: "en" }));
      expect(((await response.json()) as { text: string }).text).toContain("agent number");
      expect(server.runners()).toEqual([runner]);
    },
  );
});

test("work that takes too long is stopped as if its client had left, and told so", async () => {
  await using server = await startServer({
    environment: { ...impatient, OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS: "1" },
  });
  const expected = { status: 504, code: "deadline_exceeded", says: /more than 1 s/ };
  for (const prompt of ["sleep 60000", "hang"]) {
    const form = formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt });
    await expectError(await server.post(form), expected);
  }
  expect(server.spooled()).toEqual([]);

  // A runner that computes gets the usual time to stop: a busy machine delays it.
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
  /** Requests that stay. */
  readonly others?: number;
  /** The process that has nothing to do then; by default there is work for it left. */
  readonly runner?: number;
}

/** Closes the connection of a request, which leaves nothing, and writes down how long that took. */
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
  const idleWords = idleS === null ? "" : `, its runner idles after ${idleS.toFixed(2)}`;
  figures.push(`${stage}: its file is gone after ${goneS.toFixed(2)}${idleWords}`);
}

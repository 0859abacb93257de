/** What goes wrong in a runner, and clients that leave: the request at fault hears of it, the server lives. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InternalServerError } from "openai";
import { executable, openScratch, repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
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
const jfkPath = join(repository, "test/audio/jfk.flac");
const longPath = join(repository, "test/audio/long_en.ogg");
const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A request to the engine without a model, which does what its prompt says. */
const command = (prompt: string, on: TestServer = server, model = "null:echo") =>
  on.post(formOf({ file: wavOf(0.5, tone), model, prompt }));

const expectWorks = async (on: TestServer = server) =>
  expect(await (await command("say still here", on)).json()).toMatchObject({ text: "still here" });

describe("a runner", () => {
  test.each([
    ["crash", /signal SIGSEGV/],
    ["abort", /signal SIGABRT/],
  ])("that dies of %p fails its request, and a new one takes its place", async (how, says) => {
    await expectWorks();
    const [before] = server.runners();
    const expected = { status: 500, code: "runner_crashed", says };
    await expectError(await command(how), expected);
    await expectWorks();
    expect(server.runners()).toHaveLength(1);
    expect(server.runners()).not.toContain(before);
    expect(server.spooled()).toEqual([]);
  });

  test("that died is not tried again by the official client", async () => {
    const requests = () => server.log().split('route="POST').length - 1;
    const before = requests();
    const create = server.client({ maxRetries: 2 }).audio.transcriptions.create({
      file: wavOf(0.5, tone),
      model: "null:echo",
      prompt: "crash",
    });
    expect(await failureOf(create)).toBeInstanceOf(InternalServerError);
    expect(requests() - before).toBe(1);
  });

  test("that an engine fails in goes on", async () => {
    await expectWorks();
    const [before] = server.runners();
    await expectError(await command("fail"), { status: 500, code: "internal_error" });
    await expectError(await command("oom"), { status: 503, code: "out_of_memory" });
    await expectWorks();
    expect(server.runners()).toEqual([before!]);
  });

  test("killed in the middle of a transcription is replaced, and nobody notices", async () => {
    await using base = await startServer();
    const ask = async () =>
      (await base.post(formOf({ file: Bun.file(jfkPath), language: "en" }))).json();
    const alone = await ask();
    const [runner] = base.runners();
    const before = cpuSeconds(runner!);
    const answers = [ask(), ask(), ask()];
    await until("it works", () => cpuSeconds(runner!) > before + 0.5);
    process.kill(runner!, "SIGKILL");
    expect(await Promise.all(answers)).toEqual([alone, alone, alone]);
    expect(base.runners()).toHaveLength(1);
    expect(base.runners()).not.toContain(runner);
    expect(base.spooled()).toEqual([]);
  });
});

describe("a model that cannot be loaded", () => {
  test("is a failure of those who ask for it, and of nobody else", async () => {
    const expected = { status: 500, code: "model_load_failed", says: /expected "echo"/ };
    await expectError(await command("say hi", server, "null:bad"), expected);
    await expectError(await command("say hi", server, "null:oom"), {
      status: 500,
      code: "model_load_failed",
    });
    await expectWorks();
  });

  const tiny = readFileSync(tinyPath);
  const wrongSizes = Buffer.from(tiny);
  wrongSizes.fill(0x7f, 4, 48);
  test.each([
    ["is cut off", tiny.subarray(0, tiny.length / 2), "cut short"],
    ["is cut off in its header", tiny.subarray(0, 40), "cut short"],
    ["is empty", Buffer.alloc(0), "cut short"],
    ["is a letter", Buffer.from("Dear aunt,\n".repeat(99)), "expected a whisper.cpp model"],
    ["has wrong sizes in its header", wrongSizes, "impossible dimensions"],
  ])("because its file %s: clear words, at a request and at the start", async (...args) => {
    const [, content, words] = args;
    using scratch = openScratch();
    const path = join(scratch.folder, "model.bin");
    writeFileSync(path, content);
    await using broken = await startServer({ flags: ["--model", path], environment });
    const says = new RegExp(`^Cannot read the model: .*${words}`);
    const expected = { status: 500, code: "model_load_failed", says };
    await expectError(await broken.post(formOf({ file: wavOf(0.5, tone) })), expected);
    await expectWorks(broken);

    const child = Bun.spawnSync([executable, "serve", "--port", "0", "--preload", path], {
      env: scratch.environment,
      timeout: 60_000,
    });
    expect(child.exitCode).toBe(1);
    expect(child.stderr.toString()).toMatch(/^open-asr-server: Cannot read the model: .*\n$/);
  });
});

describe("a client that leaves", () => {
  test("stops the work: the runner idles, its lane is free, the upload is gone", async () => {
    await using base = await startServer({ environment });
    const leaving = new AbortController();
    const answer = base.post(formOf({ file: Bun.file(longPath), language: "en" }), {
      signal: leaving.signal,
    });
    const runner = await busyRunner(base);
    expect(base.spooled()).toHaveLength(1);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the upload is gone", () => base.spooled().length === 0);
    await untilIdle(runner);

    const response = await base.post(formOf({ file: Bun.file(speechPath), language: "en" }));
    expect(((await response.json()) as { text: string }).text).toContain("agent number");
    expect(base.runners()).toEqual([runner]);
  });

  test("while uploading leaves nothing", async () => {
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

  test("ends a runner whose engine ignores that, and the next request gets a new one", async () => {
    await expectWorks();
    const [stuck] = server.runners();
    const leaving = new AbortController();
    const answer = server.post(
      formOf({ file: wavOf(1, tone), model: "null:echo", prompt: "hang" }),
      {
        signal: leaving.signal,
      },
    );
    await until("the request is there", () => server.spooled().length === 1);
    await Bun.sleep(500);
    leaving.abort();
    expect(await answer.catch(() => "cut off")).toBe("cut off");
    await until("the runner is gone", () => !isAlive(stuck!), 60);
    await expectWorks();
  });
});

describe("several requests", () => {
  test("above the queue are told when to come back, and the official client does", async () => {
    await using small = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_QUEUE_MAX: "1" },
    });
    await expectWorks(small);
    const inside = [command("sleep 2000; say first", small), command("say second", small)];
    await until("both are in", () => small.spooled().length === 2);
    await Bun.sleep(200);
    const refused = await command("say third", small);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 61);
    const expected = { status: 503, code: "server_busy", retry: true, says: /come back in \d+ s/ };
    await expectError(refused, expected);

    const patient = small.client({ maxRetries: 8 }).audio.transcriptions.create({
      file: wavOf(0.5, tone),
      model: "null:echo",
      prompt: "say fourth",
    });
    expect((await patient).text).toBe("fourth");
    const texts = await Promise.all(
      inside.map(async (answer) => ((await (await answer).json()) as { text: string }).text),
    );
    expect(texts).toEqual(["first", "second"]);
  });

  test("share a lane: a short file does not wait for the whole of a long one", async () => {
    await using shared = await startServer({ environment });
    await expectWorks(shared);
    const ended: string[] = [];
    const ask = async (name: string, durationS: number, prompt: string) => {
      const file = wavOf(durationS, tone);
      const form = formOf({ file, model: "null:echo", language: "en", prompt });
      expect((await shared.post(form)).status).toBe(200);
      ended.push(name);
    };
    const long = ask("long", 200, "sleep 500");
    await until("the long one is there", () => shared.spooled().length === 1);
    await Bun.sleep(700);
    await Promise.all([long, ask("short", 1, "say hi")]);
    expect(ended).toEqual(["short", "long"]);
  });

  test("at once keep their prompts, languages and formats to themselves", async () => {
    await using wide = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "3" },
    });
    const asked = Array.from({ length: 24 }, (_, n) => ({
      text: `number ${n}`,
      language: n % 2 === 0 ? "en" : "fr",
      durationS: 1 + (n % 5),
    }));
    const answers = await Promise.all(
      asked.map(async ({ text, language, durationS }, n) => {
        const response = await wide.post(
          formOf({
            file: wavOf(durationS, tone),
            model: "null:echo",
            prompt: `sleep ${(n * 7) % 40}; say ${text}`,
            language,
            response_format: "verbose_json",
          }),
        );
        return response.json();
      }),
    );
    const names: Record<string, string> = { en: "english", fr: "french" };
    expect(answers).toMatchObject(
      asked.map(({ text, language, durationS }) => ({
        text,
        language: names[language],
        duration: durationS,
      })),
    );
    expect(wide.spooled()).toEqual([]);
  });
});

// --- internal ---

const formStart =
  '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nnull:echo\r\n' +
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';

/** Waits until the one runner of a server has loaded its model and is at work for a while. */
async function busyRunner(of: TestServer): Promise<number> {
  await until("a runner works", () => of.runners().some((pid) => cpuSeconds(pid) > 1.5));
  return of.runners()[0]!;
}

/** A second in which a process takes next to no CPU time. */
async function untilIdle(pid: number): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const before = cpuSeconds(pid);
    await Bun.sleep(1000);
    if (cpuSeconds(pid) - before < 0.1) return;
  }
  throw new Error("The runner works on though nobody waits for it");
}

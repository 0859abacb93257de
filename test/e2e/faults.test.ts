/**
 * Tests failures in a runner. Only the request that causes the failure fails. Other requests succeed, and the server
 * continues.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InternalServerError } from "openai";
import { executable, openScratch, repository } from "./executable.ts";
import { expectError, failureOf } from "./failures.ts";
import { cpuSeconds } from "./processes.ts";
import { formOf, nullEngine, startServer, until, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const environment = {
  ...nullEngine,
  OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1",
  OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1",
};
const speechPath = join(repository, "test/audio/en_agent-user.flac");
/** Long recording. Its transcription takes longer than a test needs to send a signal to the runner. */
const longPath = join(repository, "test/audio/en_demo-abouttotry.flac");
const fasterPath = join(repository, ".build/models/faster-whisper-tiny.en");
const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Sends a request to the null engine, which executes the commands in the prompt. */
const command = (prompt: string, on: TestServer = server, model = "null:echo") =>
  on.post(formOf({ file: wavOf(0.5, tone), model, prompt }));

const expectWorks = async (on: TestServer = server) =>
  expect(await (await command("say still here", on)).json()).toMatchObject({ text: "still here" });

describe("a runner", () => {
  test.each([
    ["crash", /signal SIGSEGV/],
    ["abort", /signal SIGABRT/],
    ["exit", /exit code 0/],
    ["garbage", /a message that this version does not understand/],
  ])("that dies of %p twice fails its request, and a new runner replaces it", async (how, says) => {
    await expectWorks();
    const [before] = server.runners();
    const expected = { status: 500, code: "runner_crashed", says };
    await expectError(await command(how), expected);
    await expectWorks();
    expect(server.runners()).toHaveLength(1);
    expect(server.runners()).not.toContain(before);
    expect(server.spooled()).toEqual([]);
  });

  test("that died of a request does not make the official client retry it", async () => {
    let requests = 0;
    // The client first calls `fetch` with a data URL to find out what this function supports. The test must not count
    // this call, because it is not a request to the server.
    const counting = (url: string | URL | Request, init?: RequestInit) => {
      if (typeof url === "string" && url.startsWith(server.url)) requests++;
      return fetch(url, init);
    };
    const create = server.client({ maxRetries: 2, fetch: counting }).audio.transcriptions.create({
      file: wavOf(0.5, tone),
      model: "null:echo",
      prompt: "crash",
    });
    expect(await failureOf(create)).toBeInstanceOf(InternalServerError);
    expect(requests).toBe(1);
  });

  test("whose engine reports an error continues", async () => {
    await expectWorks();
    const [before] = server.runners();
    await expectError(await command("fail"), { status: 500, code: "internal_error" });
    await expectError(await command("oom"), { status: 503, code: "out_of_memory" });
    await expectWorks();
    expect(server.runners()).toEqual([before!]);
  });

  test("that dies of one request fails only that request; requests at the same time succeed", async () => {
    await using wide = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "4" },
    });
    await expectWorks(wide);
    const beside = ["a", "b", "c"].map((text) => command(`sleep 1000; say ${text}`, wide));
    await until("their uploads are on disk", () => wide.spooled().length === 3);
    const says =
      /ended repeatedly while it transcribed this file \(signal SIGSEGV(?:; not enough memory\?)?\)/;
    await expectError(await command("sleep 200; crash", wide), {
      status: 500,
      code: "runner_crashed",
      says,
    });
    for (const [n, answer] of beside.entries()) {
      const response = await answer;
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ text: "abc"[n]! });
    }
    expect(wide.spooled()).toEqual([]);
  });

  test("that dies in the middle of a long file resumes the file, and a short file need not wait for the end of it", async () => {
    await using shared = await startServer({ environment });
    await expectWorks(shared);
    const ask = async (durationS: number, prompt: string) => {
      const file = wavOf(durationS, tone);
      const fields = { model: "null:echo", language: "en", prompt };
      const form = formOf({ file, response_format: "verbose_json", ...fields });
      return (await shared.post(form)).json();
    };
    const alone = await ask(400, "say word");
    const ended: string[] = [];
    const long = ask(400, "sleep 300; say word").finally(() => ended.push("long"));
    await until("the upload is on disk", () => shared.spooled().length === 1);
    await Bun.sleep(1500);
    process.kill(shared.runners()[0]!, "SIGKILL");
    const short = command("say hi", shared).finally(() => ended.push("short"));
    expect(await long).toEqual(alone);
    expect((await short).status).toBe(200);
    expect(ended).toEqual(["short", "long"]);
  });

  test("that uses too much memory is ended before the machine runs out of it", async () => {
    await using bounded = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES: "600000000" },
    });
    await expectWorks(bounded);
    const says = /more than 600 MB of memory \(OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES\)/;
    const expected = { status: 503, code: "out_of_memory", says };
    await expectError(await command("eat", bounded), expected);
    await expectWorks(bounded);
    await expectError(await command("say hi", bounded, "null:greedy"), {
      status: 500,
      code: "model_load_failed",
      says,
    });
    await expectWorks(bounded);
  });

  test.each([
    ["SIGKILL", "the starter model", []],
    ["SIGSEGV", "a model of faster-whisper", ["--model", fasterPath]],
  ] as const)(
    "that gets %s in the middle of transcriptions by %s is replaced, and all transcripts are complete",
    async (signal, _model, flags) => {
      await using base = await startServer({ flags });
      const ask = async () =>
        (await base.post(formOf({ file: Bun.file(longPath), language: "en" }))).json();
      const alone = await ask();
      const [runner] = base.runners();
      const before = cpuSeconds(runner!);
      const answers = [ask(), ask()];
      await until("the runner works", () => cpuSeconds(runner!) > before + 0.3);
      process.kill(runner!, signal);
      expect(await Promise.all(answers)).toEqual([alone, alone]);
      expect(base.runners()).toHaveLength(1);
      expect(base.runners()).not.toContain(runner);
      expect(base.spooled()).toEqual([]);
    },
  );

  test("that dies several times in a row is restarted after a pause, and clients get 503 with Retry-After", async () => {
    await using dying = await startServer({ environment });
    const load = () => command("say hi", dying, "null:mortal");
    const failed = { status: 500, code: "model_load_failed", says: /signal SIGABRT/ };
    await expectError(await load(), failed);
    await expectError(await load(), failed);
    const refused = await load();
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 31);
    const says = /"null:mortal" ended several times in a row/;
    await expectError(refused, { status: 503, code: "runner_restarting", says, retry: true });
    // The pause applies only to the model whose runner ended several times. The default model has a runner of its own,
    // so it still works.
    await expectWorks(dying);
  });

  test.skipIf(process.platform !== "linux")(
    "is started from the running executable even if its file was deleted or replaced",
    async () => {
      using scratch = openScratch();
      const path = join(scratch.folder, "open-asr-server");
      copyFileSync(executable, path);
      await using old = await startServer({ environment, executable: path });
      for (const replace of [
        () => rmSync(path),
        () => writeFileSync(path, "#!/bin/sh\nexit 3\n", { mode: 0o755 }),
      ]) {
        replace();
        await expectWorks(old);
        expect((await fetch(`${old.url}/v1/models`)).status).toBe(200);
        await command("crash", old);
      }
      const { text } = await old
        .client()
        .audio.transcriptions.create({ file: Bun.file(speechPath), model: "base" });
      expect(text.toLowerCase()).toContain("agent");
    },
  );

  test("reports a failed load if its protocol version differs from the server's", async () => {
    using scratch = openScratch();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const child = Bun.spawn([executable, "runner"], {
      env: scratch.environment,
      serialization: "json",
      ipc: resolve,
    });
    child.send({ type: "load", protocolVersion: -1, whatever: "comes later" });
    expect(await promise).toMatchObject({
      type: "load-failed",
      failure: { code: "model_load_failed", message: expect.stringContaining("was replaced") },
    });
    child.disconnect();
    expect(await child.exited).toBe(71);
  });
});

describe("a model that cannot be loaded", () => {
  test("fails the requests for it and no other request", async () => {
    const expected = { status: 500, code: "model_load_failed", says: /expected "echo"/ };
    await expectError(await command("say hi", server, "null:bad"), expected);
    await expectError(await command("say hi", server, "null:oom"), {
      status: 500,
      code: "model_load_failed",
    });
    await expectWorks();
  });

  test("within its time limit fails with the limit", async () => {
    await using impatient = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS: "2" },
    });
    const says = /took more than 2 s \(OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS\)/;
    const expected = { status: 500, code: "model_load_failed", says };
    await expectError(await command("say hi", impatient, "null:stuck"), expected);
    expect((await command("say hi", impatient, "null:slow")).status).toBe(200);
  });

  test("because of too little memory fails with a message that contains the limit", async () => {
    await using small = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES: "150000000" },
    });
    const says = /more than 150 MB of memory \(OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES\)/;
    const expected = { status: 500, code: "model_load_failed", says };
    await expectError(
      await small.post(formOf({ file: Bun.file(speechPath), model: "whisper-cpp:base" })),
      expected,
    );
    await expectWorks(small);
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
  ])(
    "because its file %s fails with a clear message, for a request and at startup",
    async (...args) => {
      const [, content, words] = args;
      using scratch = openScratch();
      const path = join(scratch.folder, "model.bin");
      writeFileSync(path, content);
      await using broken = await startServer({ flags: ["--model", path], environment });
      const says = new RegExp(`^Cannot load model "model": Cannot read the model: .*${words}`);
      const expected = { status: 500, code: "model_load_failed", says };
      await expectError(await broken.post(formOf({ file: wavOf(0.5, tone) })), expected);
      await expectWorks(broken);

      const several = ["--preload", tinyPath, "--preload", path];
      const child = Bun.spawnSync([executable, "serve", "--port", "0", ...several], {
        env: scratch.environment,
        timeout: 60_000,
      });
      expect(child.exitCode).toBe(1);
      expect(child.stderr.toString()).toMatch(
        new RegExp(`^open-asr-server: Cannot load model "model": .*${words}.*\n$`),
      );
    },
  );
});

describe("several requests", () => {
  test("above the queue limit get 503 with Retry-After, and the official client retries them", async () => {
    await using small = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_QUEUE_MAX: "1" },
    });
    await expectWorks(small);
    const inside = [command("sleep 2000; say first", small), command("say second", small)];
    await until("both uploads are on disk", () => small.spooled().length === 2);
    await Bun.sleep(200);
    const refused = await command("say third", small);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 61);
    const expected = { status: 503, code: "server_busy", retry: true, says: /Retry in \d+ s/ };
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

  test("share a lane: a short file does not wait for the end of a long one", async () => {
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
    await until("the long file is on disk", () => shared.spooled().length === 1);
    await Bun.sleep(700);
    await Promise.all([long, ask("short", 1, "say hi")]);
    expect(ended).toEqual(["short", "long"]);
  });

  test("share the thread that decodes audio: a short file does not wait for a long file without speech", async () => {
    const listening = { ...environment, OPEN_ASR_VAD: "on" };
    await using shared = await startServer({ environment: listening });
    const ended: string[] = [];
    const ask = async (name: string, file: File) => {
      const response = await shared.post(formOf({ file, model: "null:echo" }));
      expect(response.status).toBe(200);
      ended.push(name);
    };
    await ask("first", wavOf(1));
    const long = ask("long", wavOf(40 * 60));
    await until("the long file is on disk", () => shared.spooled().length === 1);
    await Bun.sleep(500);
    await Promise.all([long, ask("short", wavOf(1))]);
    expect(ended).toEqual(["first", "short", "long"]);
  });

  test("at the same time keep their own prompts, languages and formats", async () => {
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

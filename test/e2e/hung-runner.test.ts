/**
 * Tests a runner that hangs, because SIGSTOP has stopped it. The server must replace this runner. Clients must receive
 * the same transcripts as without the hang.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { isWindows } from "../windows.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { cpuSeconds, isAlive } from "./processes.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const environment = {
  ...nullEngine,
  OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "2",
  OPEN_ASR_SERVER_RUNNER_PING_SECONDS: "2",
};

const command = (on: TestServer, prompt: string, durationS = 0.5, model = "null:echo") => {
  const fields = { model, prompt, language: "en", response_format: "verbose_json" };
  return on.post(formOf({ file: wavOf(durationS, tone), ...fields }));
};

const answerTo = async (on: TestServer, prompt: string, durationS: number) => {
  const response = await command(on, prompt, durationS);
  expect(response.status).toBe(200);
  return response.json();
};

const readiness = async (of: TestServer) => {
  const response = await fetch(`${of.url}/ready`);
  return { status: response.status, body: (await response.json()) as { restarting: number } };
};

/** Skipped on Windows, because Windows has no signal that stops a process. */
describe.skipIf(isWindows)("a runner stopped by SIGSTOP", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const stopRunner = () => {
    const [runner] = server.runners();
    process.kill(runner!, "SIGSTOP");
    return runner!;
  };

  test("during several jobs is replaced, and each transcript equals the one without a stop", async () => {
    // The engine sleeps in each chunk, so that no request ends before the last request has arrived.
    const tasks = [
      [600, "say a", 70],
      [600, "say b", 100],
      [2000, "say c", 1],
      [1000, "say d", 40],
    ] as const;
    const alone: unknown[] = [];
    for (const [, say, durationS] of tasks) alone.push(await answerTo(server, say, durationS));

    const answers = tasks.map(([sleepMs, say, durationS]) =>
      answerTo(server, `sleep ${sleepMs}; ${say}`, durationS),
    );
    await until("all uploads are on disk", () => server.spooled().length === tasks.length);
    await Bun.sleep(500);
    const stopped = stopRunner();
    const seen = new Set<number>();
    const watch = (async () => {
      while (isAlive(stopped) || server.spooled().length > 0) {
        const { status, body } = await readiness(server);
        expect(status).toBe(200);
        seen.add(body.restarting);
        await Bun.sleep(5);
      }
    })();
    expect(await Promise.all(answers)).toEqual(alone);
    await watch;
    expect(seen).toEqual(new Set([0, 1]));
    expect(server.runners()).toHaveLength(1);
    expect(server.runners()).not.toContain(stopped);
    expect(server.log()).toContain("did not answer for 2 s");
  });

  test("while it is idle is ended without a request, and the next request gets a new runner", async () => {
    await answerTo(server, "say hi", 1);
    const stopped = stopRunner();
    await until("the runner has ended", () => !isAlive(stopped));
    expect(await readiness(server)).toMatchObject({ status: 200, body: { restarting: 0 } });
    expect(await answerTo(server, "say hi", 1)).toMatchObject({ text: "hi" });
  });

  test("just before a request is replaced while that request waits", async () => {
    await answerTo(server, "say hi", 1);
    const stopped = stopRunner();
    expect(await answerTo(server, "say again", 1)).toMatchObject({ text: "again" });
    expect(isAlive(stopped)).toBe(false);
  });

  test("that continues before the ping limit ends is kept", async () => {
    await using patient = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_RUNNER_PING_SECONDS: "20" },
    });
    await answerTo(patient, "say hi", 1);
    const runners = patient.runners();
    process.kill(runners[0]!, "SIGSTOP");
    const answer = answerTo(patient, "say hi", 1);
    await Bun.sleep(2500);
    process.kill(runners[0]!, "SIGCONT");
    expect(await answer).toMatchObject({ text: "hi" });
    expect(patient.runners()).toEqual(runners);
  });

  test("together with its server (as on a laptop that sleeps) is kept", async () => {
    await answerTo(server, "say hi", 1);
    const runners = server.runners();
    const answer = answerTo(server, "sleep 1000; say hi", 1);
    await until("the upload is on disk", () => server.spooled().length === 1);
    // Stops the runner, and then the server, while the server waits for the answer to a ping. The server continues 100
    // ms before the runner, so the runner answers only after these 100 ms.
    process.kill(runners[0]!, "SIGSTOP");
    await Bun.sleep(500);
    process.kill(server.pid, "SIGSTOP");
    await Bun.sleep(5000);
    process.kill(server.pid, "SIGCONT");
    await Bun.sleep(100);
    process.kill(runners[0]!, "SIGCONT");
    expect(await answer).toMatchObject({ text: "hi" });
    expect(server.runners()).toEqual(runners);
  });

  test("is kept while pings are off, and ended when its job is cancelled", async () => {
    await using unwatched = await startServer({
      environment: {
        ...environment,
        OPEN_ASR_SERVER_RUNNER_PING_SECONDS: "0",
        OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "1",
      },
    });
    await answerTo(unwatched, "say hi", 1);
    const runners = unwatched.runners();
    process.kill(runners[0]!, "SIGSTOP");
    const leaving = new AbortController();
    const form = formOf({ file: wavOf(1, tone), model: "null:echo", prompt: "say hi" });
    const outcome = unwatched.post(form, { signal: leaving.signal }).catch(() => "it left");
    await Bun.sleep(3000);
    expect(unwatched.runners()).toEqual(runners);
    leaving.abort();
    expect(await outcome).toBe("it left");
    await until("the runner has ended", () => !isAlive(runners[0]!));
    expect(await answerTo(unwatched, "say hi", 1)).toMatchObject({ text: "hi" });
  });

  test("while it loads is ended by the time limit of the load, not by a ping", async () => {
    await using loading = await startServer({
      environment: { ...environment, OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS: "5" },
    });
    const response = command(loading, "say hi", 1, "null:slow");
    await until("the runner has started", () => loading.runners().length === 1);
    process.kill(loading.runners()[0]!, "SIGSTOP");
    const says = /took more than 5 s \(OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS\)/;
    await expectError(await response, { status: 500, code: "model_load_failed", says });
    expect(loading.log()).not.toContain("did not answer");
    expect((await command(loading, "say hi", 1, "null:slow")).status).toBe(200);
  });
});

// Runs only in the full run, because other tests check nearly the same. The tests above stop runners of the null
// engine, and faults.test.ts kills runners of real models.
test.skipIf(isWindows || !isFull)(
  "a stopped runner of a real model is replaced, and all transcripts are complete",
  async () => {
    await using base = await startServer({
      environment: { OPEN_ASR_SERVER_RUNNER_PING_SECONDS: "2" },
    });
    const speech = Bun.file(join(repository, "test/audio/en_agent-user.flac"));
    const ask = async () => (await base.post(formOf({ file: speech, language: "en" }))).json();
    const alone = await ask();
    const [runner] = base.runners();
    const before = cpuSeconds(runner!);
    const answers = [ask(), ask(), ask()];
    await until("the runner works", () => cpuSeconds(runner!) > before + 0.3);
    process.kill(runner!, "SIGSTOP");
    expect(await Promise.all(answers)).toEqual([alone, alone, alone]);
    expect(base.runners()).not.toContain(runner);
  },
);

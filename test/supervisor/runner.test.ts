/** One runner process as the server drives it: messages, limits, and how it ends. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { RunnerDied } from "../../src/supervisor/death.ts";
import { Delivery } from "../../src/supervisor/delivery.ts";
import { LoadRejected } from "../../src/supervisor/load-rejected.ts";
import { Runner } from "../../src/supervisor/runner.ts";
import {
  runsOf,
  type ScriptedModelOptions,
  ScriptedModels,
  stopping,
  until,
} from "./scripted-model.ts";

const models = new ScriptedModels();
const runners: Runner[] = [];
afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.close(stopping)));
  await models[Symbol.asyncDispose]();
});

const never = new AbortController().signal;

function start(options: ScriptedModelOptions = {}): Runner {
  const runner = new Runner(models.runnerOptions(options));
  runners.push(runner);
  return runner;
}

const transcribe = (runner: Runner, prompt: string, signal = never) =>
  runner.transcribe(new Delivery(models.job(prompt)), signal);

/** Why a runner died, as the job that it worked on and the runner itself say it. */
async function deathOf(runner: Runner, work: Promise<unknown>): Promise<RunnerDied> {
  const error: unknown = await work.then(
    () => "it worked",
    (reason: unknown) => reason,
  );
  if (!(error instanceof RunnerDied)) throw new Error(`Expected a death, found ${String(error)}`);
  expect(await runner.death).toEqual(error.death);
  await runner.exited;
  expect(runner).toMatchObject({ ended: true, isLoaded: false, jobs: 0 });
  return error;
}

test("a runner loads, works on jobs side by side, and is closed", async () => {
  const runner = start();
  expect(runner).toMatchObject({ ended: false, isLoaded: false, endedMs: 0 });
  await runner.ready;
  expect(runner.isLoaded).toBe(true);
  const [slow, quick] = [transcribe(runner, "sleep chunk chunk"), transcribe(runner, "chunk")];
  await until(() => runner.jobs === 2);
  expect((await quick).segments).toHaveLength(1);
  expect(runner.jobs).toBe(1);
  expect((await slow).segments).toHaveLength(2);
  const late = transcribe(runner, "hang").catch((error: unknown) => error);
  await until(() => runner.jobs === 1);
  await runner.close(stopping);
  expect(await late).toBe(stopping);
  expect(await runner.death).toBeNull();
  expect(await transcribe(runner, "chunk").catch((error: unknown) => error)).toBe(stopping);
});

test("a death says how many chunks of a job were in flight, as the runner reported it", async () => {
  const runner = start();
  const died = await deathOf(runner, transcribe(runner, "chunk die"));
  expect(died).toMatchObject({ death: { kind: "exit", how: "signal SIGSEGV" }, chunksInFlight: 3 });
});

test("the log has the end of what a dead runner wrote to standard error", async () => {
  const runner = start();
  await deathOf(runner, transcribe(runner, "complain die"));
  expect(models.lines.at(-1)).toMatch(/runner ended .*SIGSEGV.*the scripted reason/);
});

test("a load that is rejected keeps the runner's own message and code", async () => {
  const runner = start({ path: "is refused" });
  const failure: unknown = await runner.ready.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LoadRejected);
  expect(failure).toMatchObject({
    code: "model_load_failed",
    message: 'Cannot load model "scripted": Cannot read the model',
  });
  // An orderly end is no death, and nothing is logged.
  const lines = models.lines.length;
  expect(await runner.death).toBeNull();
  await runner.exited;
  expect(models.lines).toHaveLength(lines);
});

test("a load that takes too long ends, whatever the ping limit is", async () => {
  const runner = start({ path: "never", limits: { loadMsMax: 400, pingMsMax: 20 } });
  const { death } = await deathOf(runner, runner.ready);
  expect(death).toEqual({ kind: "load-timeout", ms: 400 });
});

test.each(["chatters", "miscounts"])("a runner that %s while it loads ends", async (path) => {
  const runner = start({ path });
  const { death } = await deathOf(runner, runner.ready);
  expect(death).toEqual({ kind: "malformed-message" });
});

test.skipIf(process.platform !== "linux")("bytes that are no JSON end a runner", async () => {
  const runner = start();
  const { death } = await deathOf(runner, transcribe(runner, "babble hang"));
  expect(death).toEqual({ kind: "malformed-message" });
});

test("a runner that closes its channel and lives on ends", async () => {
  const runner = start();
  const { death } = await deathOf(runner, transcribe(runner, "leave"));
  expect(death).toEqual({ kind: "malformed-message" });
});

test("a runner that takes too much memory ends", async () => {
  const runner = start({ limits: { memoryBytesMax: 1.5e9 } });
  const { death } = await deathOf(runner, transcribe(runner, "eat hang"));
  expect(death).toEqual({ kind: "memory", bytesMax: 1.5e9 });
  expect(runner.residentBytes).toBe(2e9);
});

test("a runner at its memory limit goes on", async () => {
  const runner = start({ limits: { memoryBytesMax: 2e9 } });
  expect((await transcribe(runner, "eat chunk")).segments).toHaveLength(1);
});

test("a cancelled job that goes on ends the runner, one that stops does not", async () => {
  const runner = start({ limits: { cancelMsMax: 500 } });
  const obedient = transcribe(runner, "sleep ".repeat(20), AbortSignal.timeout(100));
  expect(await obedient.catch((error: unknown) => error)).toBeInstanceOf(AsrError);
  await Bun.sleep(700);
  expect(runner.ended).toBe(false);
  const beside = deathOf(runner, transcribe(runner, "hang"));
  await transcribe(runner, "hang", AbortSignal.timeout(100)).catch(() => {});
  expect((await beside).death).toEqual({ kind: "ignored-cancel", ms: 500 });
});

test("a job that is aborted before the model is loaded never reaches the runner", async () => {
  const runner = start({ path: "never" });
  const job = models.job("chunk");
  const outcome = runner.transcribe(new Delivery(job), AbortSignal.timeout(50));
  expect(await outcome.catch((error: unknown) => error)).toMatchObject({
    code: "client_closed_request",
  });
  expect(runner.jobs).toBe(0);
  expect(runsOf(job)).toBe(0);
});

test("the time limit of a load ends with the load", async () => {
  const runner = start({ limits: { loadMsMax: 1000 } });
  await runner.ready;
  await Bun.sleep(1200);
  expect(runner.isLoaded).toBe(true);
});

test("a runner that answers pings lives, at work and idle", async () => {
  const runner = start({ limits: { pingMsMax: 800 } });
  expect((await transcribe(runner, "sleep sleep sleep sleep chunk")).segments).toHaveLength(1);
  await Bun.sleep(1200);
  expect(runner.isLoaded).toBe(true);
});

test.each([
  ["at work", "loads", "block"],
  ["idle", "is deaf", ""],
])("a runner that hangs %s ends", async (_when, path, prompt) => {
  const runner = start({ path, limits: { pingMsMax: 200 } });
  await runner.ready;
  const work = prompt === "" ? diedIdle(runner) : transcribe(runner, prompt);
  expect((await deathOf(runner, work)).death).toEqual({ kind: "hung", ms: 200 });
});

test("a runner that is stopped by a signal ends", async () => {
  const runner = start({ limits: { pingMsMax: 200 } });
  await runner.ready;
  process.kill(runner.pid, "SIGSTOP");
  expect((await deathOf(runner, transcribe(runner, "chunk"))).death).toMatchObject({
    kind: "hung",
  });
});

test("a limit of 0 turns pings off", async () => {
  const runner = start({ path: "is deaf", limits: { pingMsMax: 0 } });
  await runner.ready;
  await Bun.sleep(500);
  expect(runner.isLoaded).toBe(true);
});

test("time in which the server itself is busy or stopped does not count", async () => {
  const runner = start({ limits: { pingMsMax: 500 } });
  const work = transcribe(runner, "sleep ".repeat(10));
  await runner.ready;
  for (let n = 0; n < 3; n++) {
    // As on a laptop that goes to sleep: a ping is under way then, and the runner answers a little after the server wakes.
    process.kill(runner.pid, "SIGSTOP");
    await Bun.sleep(110);
    Bun.sleepSync(1000);
    await Bun.sleep(20);
    process.kill(runner.pid, "SIGCONT");
    await Bun.sleep(100);
  }
  await work;
  expect(runner.isLoaded).toBe(true);
});

test("a program that is not there is a failed load, and its path is not told", () => {
  const options = { ...models.runnerOptions(), command: ["/nowhere/open-asr-server"] };
  const failure = failureOfStart(() => new Runner(options));
  expect(failure).toMatchObject({
    code: "model_load_failed",
    message: 'Cannot start a process for model "scripted": ENOENT',
  });
  expect(String(failure.cause)).toContain("no such file");
});

test.each(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"])(
  "a system without room for a process (%s) is busy: clients are told when to retry",
  (code) => {
    const spawn = spyOn(Bun, "spawn").mockImplementation(() => {
      throw Object.assign(new Error("no room"), { code });
    });
    try {
      const failure = failureOfStart(() => new Runner(models.runnerOptions()));
      expect(failure).toMatchObject({ code: "server_busy", retryAfterS: 5 });
      expect(failure.message).toContain(`(${code}). Retry in 5 s.`);
    } finally {
      spawn.mockRestore();
    }
  },
);

// --- internal ---

function failureOfStart(attempt: () => Runner): AsrError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected an AsrError");
}

/** Rejects with the death of a runner that has no job. */
async function diedIdle(runner: Runner): Promise<void> {
  await until(() => runner.ended);
  await runner.transcribe(new Delivery(models.job("chunk")), never);
}

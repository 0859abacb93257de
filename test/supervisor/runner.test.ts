/** Tests one runner process that the server controls: its messages, its limits, and its end. */
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

/** Returns the error with which `work` fails because the runner ends. Expects the same cause in `runner.death`. */
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

test("a runner loads its model, runs jobs at the same time, and can be closed", async () => {
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

test("the error of a death has the number of chunks in flight that the runner reported", async () => {
  const runner = start();
  const died = await deathOf(runner, transcribe(runner, "chunk die"));
  expect(died).toMatchObject({ death: { kind: "exit", how: "signal SIGSEGV" }, chunksInFlight: 3 });
});

test("the log has the last lines that a dead runner wrote to standard error", async () => {
  const runner = start();
  await deathOf(runner, transcribe(runner, "write-stderr die"));
  expect(models.lines.at(-1)).toMatch(/runner ended .*SIGSEGV.*the scripted reason/);
});

test("a rejected load has the message and the code of the runner", async () => {
  const runner = start({ path: "is rejected" });
  const failure: unknown = await runner.ready.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LoadRejected);
  expect(failure).toMatchObject({
    code: "model_load_failed",
    message: 'Cannot load model "scripted": Cannot read the model',
  });
  // If the runner rejects the load, this is not a death. So the log contains no new line.
  const lines = models.lines.length;
  expect(await runner.death).toBeNull();
  await runner.exited;
  expect(models.lines).toHaveLength(lines);
});

test("a load above its time limit ends the runner, whatever the ping limit is", async () => {
  const runner = start({ path: "never", limits: { loadMsMax: 400, pingMsMax: 20 } });
  const { death } = await deathOf(runner, runner.ready);
  expect(death).toEqual({ kind: "load-timeout", ms: 400 });
});

test.each(["sends an unknown message", "reports 0 chunks in flight"])(
  "a runner that %s while it loads is ended",
  async (path) => {
    const runner = start({ path });
    const { death } = await deathOf(runner, runner.ready);
    expect(death).toEqual({ kind: "malformed-message" });
  },
);

test.skipIf(process.platform !== "linux")("invalid bytes on the channel end a runner", async () => {
  const runner = start();
  const { death } = await deathOf(runner, transcribe(runner, "send-garbage hang"));
  expect(death).toEqual({ kind: "malformed-message" });
});

test("a runner that closes its channel but does not exit is ended", async () => {
  const runner = start();
  const { death } = await deathOf(runner, transcribe(runner, "disconnect"));
  expect(death).toEqual({ kind: "malformed-message" });
});

test("a runner above its memory limit is ended", async () => {
  const runner = start({ limits: { memoryBytesMax: 1.5e9 } });
  const { death } = await deathOf(runner, transcribe(runner, "use-memory hang"));
  expect(death).toEqual({ kind: "memory", bytesMax: 1.5e9 });
  expect(runner.residentBytes).toBe(2e9);
});

test("a runner exactly at its memory limit continues", async () => {
  const runner = start({ limits: { memoryBytesMax: 2e9 } });
  expect((await transcribe(runner, "use-memory chunk")).segments).toHaveLength(1);
});

test("a job that ignores its cancel ends the runner, a job that stops does not", async () => {
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

test("the time limit of a load applies only until the load ends", async () => {
  const runner = start({ limits: { loadMsMax: 1000 } });
  await runner.ready;
  await Bun.sleep(1200);
  expect(runner.isLoaded).toBe(true);
});

test("a runner that answers pings continues, both with jobs and when idle", async () => {
  const runner = start({ limits: { pingMsMax: 800 } });
  expect((await transcribe(runner, "sleep sleep sleep sleep chunk")).segments).toHaveLength(1);
  await Bun.sleep(1200);
  expect(runner.isLoaded).toBe(true);
});

test.each([
  ["during a job", "loads", "block"],
  ["while idle", "ignores pings", ""],
])("a runner that hangs %s is ended", async (_when, path, prompt) => {
  const runner = start({ path, limits: { pingMsMax: 200 } });
  await runner.ready;
  const work = prompt === "" ? diedIdle(runner) : transcribe(runner, prompt);
  expect((await deathOf(runner, work)).death).toEqual({ kind: "hung", ms: 200 });
});

test("a runner stopped by SIGSTOP is ended", async () => {
  const runner = start({ limits: { pingMsMax: 200 } });
  await runner.ready;
  process.kill(runner.pid, "SIGSTOP");
  expect((await deathOf(runner, transcribe(runner, "chunk"))).death).toMatchObject({
    kind: "hung",
  });
});

test("a ping limit of 0 turns pings off", async () => {
  const runner = start({ path: "ignores pings", limits: { pingMsMax: 0 } });
  await runner.ready;
  await Bun.sleep(500);
  expect(runner.isLoaded).toBe(true);
});

test("time in which the server itself is busy or stopped does not count against a runner", async () => {
  const runner = start({ limits: { pingMsMax: 500 } });
  const work = transcribe(runner, "sleep ".repeat(10));
  await runner.ready;
  for (let n = 0; n < 3; n++) {
    // Simulates a laptop that sleeps while a ping waits for its answer. The server continues first. The runner
    // continues and answers about 100 ms later.
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

test("a missing runner program fails the load, and the error does not contain its path", () => {
  const options = { ...models.runnerOptions(), command: ["/nowhere/open-asr-server"] };
  const failure = failureOfStart(() => new Runner(options));
  expect(failure).toMatchObject({
    code: "model_load_failed",
    message: 'Cannot start a process for model "scripted": ENOENT',
  });
  expect(String(failure.cause)).toContain("no such file");
});

test.each(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"])(
  "a system that cannot start a process (%s) causes server_busy with Retry-After",
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

/**
 * Waits until the idle runner has ended, and then starts a job on it. Rejects with the error about the death of the
 * runner.
 */
async function diedIdle(runner: Runner): Promise<void> {
  await until(() => runner.ended);
  await runner.transcribe(new Delivery(models.job("chunk")), never);
}

/**
 * Tests a model that cannot be loaded. After an attempt, jobs receive the same error until the next process may start.
 */
import { afterAll, expect, spyOn, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { collect } from "../../src/jobs/collect.ts";
import { Runner } from "../../src/supervisor/runner.ts";
import { failureOf, ScriptedModels, streamOf } from "./scripted-model.ts";

const models = new ScriptedModels();
afterAll(() => models[Symbol.asyncDispose]());

const rejected = 'Cannot load model "scripted": Cannot read the model';

/**
 * Opens a model whose files the runner rejects. `started.count` is the number of processes that were started for the
 * model.
 */
function openRejected() {
  const files = { version: "first" };
  const started = { count: 0 };
  const model = models.open({
    path: "is rejected",
    fileVersion: () => files.version,
    start(options) {
      started.count++;
      return new Runner(options);
    },
  });
  const ask = (origin: "client" | "operator") =>
    failureOf(collect(streamOf(model, models.job("chunk", { origin }))));
  return { model, files, started, ask };
}

test("jobs that arrive together for a damaged file share one process and one error", async () => {
  const { started, ask } = openRejected();
  const failures = await Promise.all(Array.from({ length: 20 }, () => ask("client")));
  expect(failures[0]).toMatchObject({ code: "model_load_failed", message: rejected });
  expect(new Set(failures).size).toBe(1);
  expect(started.count).toBe(1);
});

test("later jobs get the same error without a process, from clients and from the command line", async () => {
  const { model, started, ask } = openRejected();
  const first = await ask("client");
  for (const origin of ["client", "operator"] as const) expect(await ask(origin)).toBe(first);
  expect(() => model.refuseWhileBackingOff()).toThrow(rejected);
  expect(model.entry()).toMatchObject({ restarts: 0, pid: null, isRestarting: false });
  expect(started.count).toBe(1);
});

test("a new process starts after a back-off, which doubles", async () => {
  // The clock advances only when the test advances it, so the speed of the machine has no effect.
  let nowMs = performance.now();
  using _clock = spyOn(performance, "now").mockImplementation(() => nowMs);
  const { model, started, ask } = openRejected();
  const first = await ask("client");
  nowMs += 501;
  expect(() => model.refuseWhileBackingOff()).not.toThrow();
  const second = await ask("client");
  expect(second.message).toBe(rejected);
  expect(second).not.toBe(first);
  expect(started.count).toBe(2);
  nowMs += 999;
  expect(await ask("client")).toBe(second);
  nowMs += 2;
  await ask("client");
  expect(started.count).toBe(3);
});

test("a new process starts at once when the files have changed", async () => {
  const { files, started, ask } = openRejected();
  await ask("client");
  for (const version of ["second", "third"]) {
    files.version = version;
    await ask("client");
    await ask("client");
  }
  expect(started.count).toBe(3);
});

test("the model is loaded again if its files change during the load", async () => {
  const { files, started, ask } = openRejected();
  const first = ask("client");
  files.version = "second";
  await first;
  await ask("client");
  expect(started.count).toBe(2);
});

test("after loads that time out, clients get runner_restarting with Retry-After", async () => {
  const model = models.open({ path: "never", limits: { loadMsMax: 50 } });
  const ask = () => failureOf(collect(streamOf(model, models.job("chunk", { origin: "client" }))));
  for (let n = 0; n < 3; n++) expect(await ask()).toMatchObject({ code: "model_load_failed" });
  const failure = await ask();
  expect(failure).toMatchObject({ code: "runner_restarting", retryAfterS: 1 });
  expect(model.entry()).toMatchObject({ isRestarting: true });
});

test("jobs that arrive together for a runner that dies during its load share one error", async () => {
  const model = models.open({ path: "dies" });
  const ask = () => failureOf(collect(streamOf(model, models.job("chunk", { origin: "client" }))));
  const failures = await Promise.all([ask(), ask(), ask()]);
  expect(failures[0]).toMatchObject({ code: "model_load_failed" });
  expect(new Set(failures).size).toBe(1);
});

test("a failure to start a process for lack of resources does not count as a failed load", async () => {
  const full = new AsrError("server_busy", "No room", { retryAfterS: 60 });
  let isFull = true;
  const model = models.open({
    start(options) {
      if (isFull) throw full;
      return new Runner(options);
    },
  });
  const ask = () => collect(streamOf(model, models.job("chunk", { origin: "client" })));
  for (let n = 0; n < 4; n++) expect(await failureOf(ask())).toBe(full);
  isFull = false;
  expect((await ask()).segments).toHaveLength(1);
});

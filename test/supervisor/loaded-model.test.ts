/** Tests the jobs of a runner that dies. The runner processes of this test execute scripts. */
import { afterAll, expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { collect } from "../../src/jobs/collect.ts";
import { Runner } from "../../src/supervisor/runner.ts";
import {
  failureOf,
  record,
  runsOf,
  ScriptedModels,
  stopping,
  until,
  streamOf,
} from "./scripted-model.ts";

const models = new ScriptedModels();
afterAll(() => models[Symbol.asyncDispose]());
const job = models.job.bind(models);
const open = models.open.bind(models);

test("a job whose runner dies continues in the next one, and delivers nothing twice", async () => {
  const model = open();
  const told = record();
  const transcript = await collect(streamOf(model, job("chunk chunk die|chunk chunk")), told.note);
  const texts = [" 0 of run 1", " 1 of run 1", " 2 of run 2", " 3 of run 2"];
  expect(told.segments).toEqual(texts);
  expect(transcript.segments.map(({ text }) => text)).toEqual(texts);
  expect(transcript.words?.map(({ text }) => text)).toEqual(texts);
  expect(transcript.text).toBe(texts.join("").trim());
  // If several progress messages arrive together, they become one event. The progress never decreases, and no value is
  // repeated.
  expect(told.doneS).toEqual([...new Set(told.doneS)].toSorted((a, b) => a - b));
  expect(told.doneS.at(-1)).toBe(4);
  expect(model.entry()).toMatchObject({ restarts: 1, jobs: 0 });
});

test("a quarantined job runs alone only until it is past the chunks on which its runner died", async () => {
  const model = open();
  const long = job("chunk die|chunk chunk chunk sleep sleep hang|chunk sleep chunk");
  const answer = collect(streamOf(model, long));
  await until(() => model.entry().restarts === 1);
  // The run that hangs is past the bad chunk. So the supervisor stops this run, and resumes the job together with other
  // jobs. Otherwise, the other job would wait forever.
  const [transcript, other] = await Promise.all([answer, collect(streamOf(model, job("chunk")))]);
  expect(other.segments).toHaveLength(1);
  const texts = transcript.segments.map(({ text }) => text);
  expect(texts.map((text) => text.at(-1))).toEqual(["1", "2", "2", "2", "3", "3"]);
  expect(texts.map((text) => text.at(1))).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(model.entry()).toMatchObject({ restarts: 1 });
});

test("a job remains in quarantine until it has passed the last chunk that was in flight", async () => {
  const model = open();
  // The bad chunk is the third chunk after the checkpoint. The runner reports three chunks in flight, so the bad chunk
  // was in flight, too.
  const bad = job("chunk die|chunk chunk die|chunk chunk chunk");
  const beside = job("hang|chunk|die");
  const [failure, { text }] = await Promise.all([
    failureOf(collect(streamOf(model, bad))),
    collect(streamOf(model, beside)),
  ]);
  expect(failure).toMatchObject({ code: "runner_crashed" });
  expect(runsOf(bad)).toBe(2);
  expect(text).toBe("0 of run 2");
  expect(model.entry()).toMatchObject({ restarts: 2 });
});

test("a hung runner is replaced, and its jobs resume and deliver complete transcripts", async () => {
  const model = open({ limits: { pingMsMax: 1000 } });
  const beside = job("chunk hang|chunk");
  const [transcript, other] = await Promise.all([
    collect(streamOf(model, job("chunk sleep block|chunk"))),
    collect(streamOf(model, beside)),
  ]);
  expect(transcript.text).toBe("0 of run 1 1 of run 2");
  expect(other.text).toBe("0 of run 1 1 of run 2");
  expect(model.entry()).toMatchObject({ restarts: 1, isRestarting: false });
});

test("a job that hangs its runner twice fails, and the next job succeeds", async () => {
  const model = open({ limits: { pingMsMax: 1000 } });
  const failure = await failureOf(collect(streamOf(model, job("block"))));
  expect(failure).toMatchObject({ code: "runner_crashed", kind: { retry: false } });
  expect(failure.message).toMatch(/did not answer for 1 s \(OPEN_ASR_SERVER_RUNNER_PING_SECONDS\)/);
  expect((await collect(streamOf(model, job("chunk")))).segments).toHaveLength(1);
});

test("a model counts as restarting from the death of its runner until the next runner is loaded", async () => {
  const model = open();
  const isRestarting = () => model.entry().isRestarting;
  expect(isRestarting()).toBe(false);
  const answer = collect(streamOf(model, job("sleep die|sleep chunk")));
  // During its first load, the model does not count as restarting.
  while (model.entry().jobs === 0) {
    expect(isRestarting()).toBe(false);
    await Bun.sleep(1);
  }
  await until(isRestarting);
  await until(() => model.entry().jobs === 1);
  expect(isRestarting()).toBe(false);
  await answer;
});

test("a model whose idle runner died does not count as restarting", async () => {
  const model = open();
  await collect(streamOf(model, job("chunk")));
  process.kill(model.entry().pid ?? 0, "SIGKILL");
  await until(() => model.entry().pid === null);
  expect(model.entry()).toMatchObject({ isRestarting: false, restarts: 0 });
  expect((await collect(streamOf(model, job("chunk")))).segments).toHaveLength(1);
});

test("a job fails with runner_restarting after five deaths if its fault is never proven", async () => {
  // When the job runs together with other jobs, its runner dies. When the job then runs alone, it passes the same
  // chunk. So the server never finds out that the job is the cause.
  const again = job("chunk die|chunk chunk chunk sleep sleep hang|".repeat(6));
  const failure = await failureOf(collect(streamOf(open(), again)));
  expect(failure).toMatchObject({ code: "runner_restarting", retryAfterS: 1 });
  expect(failure.kind).toMatchObject({ status: 503, retry: true });
  expect(failure.message).toMatch(
    /ended 5 times while it transcribed this file together with other files/,
  );
  expect(runsOf(again)).toBe(9);
});

test("a job that kills its runner twice fails with runner_crashed, and other jobs succeed", async () => {
  const model = open();
  const beside = Array.from({ length: 5 }, () => job("hang|sleep chunk"));
  const answers = Promise.all(beside.map((one) => collect(streamOf(model, one))));
  const failure = await failureOf(collect(streamOf(model, job("sleep die"))));
  expect(failure).toMatchObject({ code: "runner_crashed", kind: { status: 500, retry: false } });
  expect(failure.message).toMatch(
    /repeatedly while it transcribed this file \(signal SIGSEGV\)\. The server starts a new process/,
  );
  for (const [n, { text }] of (await answers).entries()) {
    expect(text).toBe("0 of run 2");
    expect(runsOf(beside[n]!)).toBe(2);
  }
});

test("the jobs of a dead runner run one at a time, before jobs that arrive later", async () => {
  const model = open();
  const order: string[] = [];
  const run = async (name: string, script: string) => {
    await collect(streamOf(model, job(script)));
    order.push(name);
  };
  // The second job is shorter than the first job. So if both jobs ran at the same time, the second job would end first.
  const first = run("first", "sleep die|sleep sleep");
  const second = run("second", "sleep hang|chunk");
  await Bun.sleep(200);
  const later = first.catch(() => {}).then(() => run("later", "chunk"));
  await Promise.all([first, second, later]);
  expect(order).toEqual(["first", "second", "later"]);
});

test("a job that a runner reports as failed is not retried", async () => {
  const model = open();
  const one = job("fail");
  expect(await failureOf(collect(streamOf(model, one)))).toMatchObject({ code: "invalid_audio" });
  expect(runsOf(one)).toBe(1);
});

test("a runner above its memory limit is replaced, and the job that was running fails with out_of_memory", async () => {
  const model = open();
  const failure = await failureOf(collect(streamOf(model, job("use-memory hang"))));
  expect(failure).toMatchObject({ code: "out_of_memory", kind: { status: 503, retry: false } });
  expect(failure.message).toMatch(/more than 1000 MB.*OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES/);
  expect((await collect(streamOf(model, job("use-memory hang|chunk")))).segments).toHaveLength(1);
});

test("while an ended runner still exists, a new job waits behind the jobs of that runner", async () => {
  const model = open();
  const order: string[] = [];
  const run = async (name: string, script: string) => {
    await collect(streamOf(model, job(script)));
    order.push(name);
  };
  const innocent = run("innocent", "hang|chunk");
  const eater = run("eater", "sleep use-memory hang|chunk");
  await until(() => model.entry().jobs === 2);
  while (model.entry().jobs > 0) await new Promise(setImmediate);
  expect(model.memoryBytes).toBe(2e9);
  const long = run("long", "sleep sleep chunk");
  await Promise.all([innocent, eater, long]);
  expect(order).toEqual(["innocent", "eater", "long"]);
});

test("the next runner starts only after the process of the last one has ended", async () => {
  const processes = new Set<Runner>();
  const beside: number[] = [];
  const model = open({
    start: (options) => {
      beside.push(processes.size);
      const runner = new Runner(options);
      processes.add(runner);
      void runner.exited.then(() => processes.delete(runner));
      return runner;
    },
  });
  await collect(streamOf(model, job("use-memory hang|chunk")));
  expect(beside).toEqual([0, 0]);
});

test("a process that does not end delays the next runner only for a limited time, and its memory still counts", async () => {
  class Undead extends Runner {
    override readonly exited = new Promise<void>(() => {});
  }
  const model = open({ start: (options) => new Undead(options), endMsMax: 300 });
  const one = job("use-memory hang|chunk");
  const answer = collect(streamOf(model, one));
  await until(() => model.memoryBytes === 2e9 && model.entry().pid === null);
  const leaving = job("chunk", { signal: AbortSignal.timeout(50) });
  expect((await failureOf(collect(streamOf(model, leaving)))).code).toBe("client_closed_request");
  expect((await answer).segments).toHaveLength(1);
  expect(runsOf(one)).toBe(2);
  expect(model.memoryBytes).toBe(2e9);
  // This process never ends, so close() would wait forever. To avoid this, the model is removed from the list of models
  // to close.
  models.forget(model);
});

test.skipIf(process.platform !== "linux")("invalid bytes on the channel end a runner", async () => {
  const model = open();
  const failure = await failureOf(collect(streamOf(model, job("send-garbage hang"))));
  expect(failure).toMatchObject({ code: "runner_crashed" });
  expect(failure.message).toMatch(/a message that this version does not understand/);
});

test("a message of another protocol version ends a runner", async () => {
  const failure = await failureOf(
    collect(streamOf(open({ path: "sends an unknown message" }), job("chunk"))),
  );
  expect(failure).toMatchObject({ code: "model_load_failed" });
  expect(failure.message).toMatch(/a message that this version does not understand/);
});

test("a load above its time limit fails with that limit", async () => {
  const failure = await failureOf(
    collect(streamOf(open({ path: "never", limits: { loadMsMax: 200 } }), job("chunk"))),
  );
  expect(failure).toMatchObject({ code: "model_load_failed" });
  expect(failure.message).toMatch(/more than 0.2 s \(OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS\)/);
});

test("a runner that dies during its load is replaced once", async () => {
  const transcript = await collect(streamOf(open({ path: "dies once" }), job("chunk")));
  expect(transcript.segments).toHaveLength(1);
});

test("a runner that dies again and again is restarted after pauses that grow", async () => {
  const model = open({ path: "dies" });
  // Each of the two jobs makes two attempts to load the model. Before the last of these four attempts, there is a
  // pause.
  for (let n = 0; n < 2; n++) {
    const failure = await failureOf(collect(streamOf(model, job("chunk"))));
    expect(failure).toMatchObject({ code: "model_load_failed" });
  }
  const failure = await failureOf(collect(streamOf(model, job("chunk", { origin: "client" }))));
  expect(failure).toMatchObject({ code: "runner_restarting", retryAfterS: 1 });
  expect(failure.kind).toMatchObject({ status: 503, retry: true });
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
});

test("a job of the command line, which is not retried, waits for the end of the pause", async () => {
  const model = open();
  for (let n = 0; n < 2; n++) {
    const failure = await failureOf(collect(streamOf(model, job("die"))));
    expect(failure).toMatchObject({ code: "runner_crashed" });
  }
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
  expect((await collect(streamOf(model, job("chunk")))).segments).toHaveLength(1);
});

test("close() also fails the jobs that wait for the next runner", async () => {
  const model = open({ path: "dies" });
  for (let n = 0; n < 2; n++) await failureOf(collect(streamOf(model, job("chunk"))));
  const waiting = failureOf(collect(streamOf(model, job("chunk"))));
  await model.close(stopping);
  expect(await waiting).toBe(stopping);
  // The pause has not ended yet, so the job did not wait until the end of the pause.
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
});

test("a waiting job can be aborted at any stage, with the reason of its signal", async () => {
  const late = new AsrError("upload_timeout", "Too late");
  const loading = open({ path: "never", limits: { loadMsMax: 10_000 } });
  const leaving = AbortSignal.timeout(100);
  expect(
    (await failureOf(collect(streamOf(loading, job("chunk", { signal: leaving }))))).code,
  ).toBe("client_closed_request");
  // This job waits, because another job runs alone in quarantine.
  const model = open();
  const alone = collect(streamOf(model, job("die|sleep sleep sleep")));
  await until(() => model.entry().restarts === 1);
  const control = new AbortController();
  const waiting = job("chunk", { signal: control.signal });
  const outcome = failureOf(collect(streamOf(model, waiting)));
  control.abort(late);
  expect(await outcome).toBe(late);
  expect(runsOf(waiting)).toBe(0);
  await alone;
});

test("a runner that ignores a cancel is ended, and its other jobs resume", async () => {
  const model = open();
  const beside = collect(streamOf(model, job("hang|chunk")));
  const gone = new AsrError("client_closed_request", "The client has left");
  const control = new AbortController();
  const one = job("hang", { signal: control.signal });
  const outcome = failureOf(collect(streamOf(model, one)));
  await until(() => runsOf(one) === 1);
  control.abort(gone);
  expect(await outcome).toBe(gone);
  expect((await beside).segments).toHaveLength(1);
});

test("close() fails the running job and all later ones", async () => {
  const model = open();
  const outcome = failureOf(collect(streamOf(model, job("hang"))));
  await until(() => model.entry().jobs === 1);
  await model.close(stopping);
  expect(await outcome).toBe(stopping);
  expect(await failureOf(collect(streamOf(model, job("chunk"))))).toBe(stopping);
});

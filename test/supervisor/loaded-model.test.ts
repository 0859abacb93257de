/** What becomes of jobs when their runner dies, with processes that do as they are told. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import type { Progress, TranscribeOptions } from "../../src/ipc/options.ts";
import type { Job } from "../../src/jobs/job.ts";
import { LoadedModel } from "../../src/supervisor/loaded-model.ts";
import { modelCalled } from "../jobs/resolved-model.ts";
import { createLog } from "../../src/log.ts";
import { type LoadMessage, protocolVersion } from "../../src/ipc/protocol.ts";
import {
  Runner,
  type RunnerLimits,
  type RunnerOptions,
} from "../../src/supervisor/runner-process.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-loaded-model-"));
const opened: LoadedModel[] = [];
const stopping = new AsrError("server_stopping", "The server stops");
afterAll(async () => {
  await Promise.all(opened.map((model) => model.close(stopping)));
  rmSync(folder, { recursive: true });
});

test("a job whose runner dies goes on in the next one, and tells nothing twice", async () => {
  const model = open();
  const told = record();
  const transcript = await model.transcribe(job("chunk chunk die|chunk chunk", told.listeners));
  const texts = [" 0 of run 1", " 1 of run 1", " 2 of run 2", " 3 of run 2"];
  expect(told.segments).toEqual(texts);
  expect(transcript.segments.map(({ text }) => text)).toEqual(texts);
  expect(transcript.words?.map(({ text }) => text)).toEqual(texts);
  expect(transcript.text).toBe(texts.join("").trim());
  expect(told.doneS).toEqual([1, 2, 3, 4]);
  expect(model.entry()).toMatchObject({ restarts: 1, jobs: 0 });
});

test("a job is alone only until it is past what its runner died at; then others go on beside it", async () => {
  const model = open();
  const long = job("chunk die|chunk chunk chunk sleep sleep hang|chunk sleep chunk");
  const answer = model.transcribe(long);
  await until(() => model.entry().restarts === 1);
  // It would wait for ever behind a job that stayed alone: that one hangs until it is stopped.
  const [transcript, other] = await Promise.all([answer, model.transcribe(job("chunk"))]);
  expect(other.segments).toHaveLength(1);
  const texts = transcript.segments.map(({ text }) => text);
  expect(texts.map((text) => text.at(-1))).toEqual(["1", "2", "2", "2", "3", "3"]);
  expect(texts.map((text) => text.at(1))).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(model.entry()).toMatchObject({ restarts: 1 });
});

test("a job that is never known to be at fault is told to come back after five deaths", async () => {
  // Alone it comes past the place, beside others it dies: never is it known to be its fault.
  const again = job("chunk die|chunk chunk chunk sleep sleep hang|".repeat(6));
  const failure = await failureOf(open().transcribe(again));
  expect(failure).toMatchObject({ code: "runner_restarting", retryAfterS: 1 });
  expect(failure.kind).toMatchObject({ status: 503, retry: true });
  expect(failure.message).toMatch(/ended 5 times while it worked on this file beside others/);
  expect(runsOf(again)).toBe(9);
});

test("a job that kills its runner twice is told so; those beside it never notice", async () => {
  const model = open();
  const beside = Array.from({ length: 5 }, () => job("hang|sleep chunk"));
  const answers = Promise.all(beside.map((one) => model.transcribe(one)));
  const failure = await failureOf(model.transcribe(job("sleep die")));
  expect(failure).toMatchObject({ code: "runner_crashed", kind: { status: 500, retry: false } });
  expect(failure.message).toMatch(/again and again \(signal SIGSEGV\); a new one takes its place/);
  for (const [n, { text }] of (await answers).entries()) {
    expect(text).toBe("0 of run 2");
    expect(runsOf(beside[n]!)).toBe(2);
  }
});

test("jobs of a dead runner are run one at a time, before those that come later", async () => {
  const model = open();
  const order: string[] = [];
  const run = async (name: string, script: string) => {
    await model.transcribe(job(script));
    order.push(name);
  };
  // Were both run at once, the second would end first.
  const first = run("first", "sleep die|sleep sleep");
  const second = run("second", "sleep hang|chunk");
  await Bun.sleep(200);
  const later = first.catch(() => {}).then(() => run("later", "chunk"));
  await Promise.all([first, second, later]);
  expect(order).toEqual(["first", "second", "later"]);
});

test("an orderly failure is not tried again", async () => {
  const model = open();
  const one = job("fail");
  expect(await failureOf(model.transcribe(one))).toMatchObject({ code: "invalid_audio" });
  expect(runsOf(one)).toBe(1);
});

test("a runner that takes too much memory is replaced; the job that needs it is told", async () => {
  const model = open();
  const failure = await failureOf(model.transcribe(job("eat hang")));
  expect(failure).toMatchObject({ code: "out_of_memory", kind: { status: 503, retry: false } });
  expect(failure.message).toMatch(/more than 1000 MB.*OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES/);
  expect((await model.transcribe(job("eat hang|chunk"))).segments).toHaveLength(1);
});

test("a job that comes before a runner that was ended is gone waits behind those that it had", async () => {
  const model = open();
  const order: string[] = [];
  const run = async (name: string, script: string) => {
    await model.transcribe(job(script));
    order.push(name);
  };
  const innocent = run("innocent", "hang|chunk");
  const eater = run("eater", "sleep eat hang|chunk");
  await until(() => model.entry().jobs === 2);
  while (model.entry().jobs > 0) await new Promise(setImmediate);
  expect(model.memoryBytes).toBe(2e9);
  const long = run("long", "sleep sleep chunk");
  await Promise.all([innocent, eater, long]);
  expect(order).toEqual(["innocent", "eater", "long"]);
});

test("the next runner starts when the last one's process is gone", async () => {
  const processes = new Set<Runner>();
  const beside: number[] = [];
  const model = open("loads", {}, (options) => {
    beside.push(processes.size);
    const runner = new Runner(options);
    processes.add(runner);
    void runner.exited.then(() => processes.delete(runner));
    return runner;
  });
  await model.transcribe(job("eat hang|chunk"));
  expect(beside).toEqual([0, 0]);
});

test("a process that does not go holds up the next one for a while only, and counts as memory", async () => {
  class Undead extends Runner {
    override readonly exited = new Promise<null>(() => {});
  }
  const model = open("loads", {}, (options) => new Undead(options), 300);
  const one = job("eat hang|chunk");
  const answer = model.transcribe(one);
  await until(() => model.memoryBytes === 2e9 && model.entry().pid === null);
  const leaving = job("chunk", { signal: AbortSignal.timeout(50) });
  expect((await failureOf(model.transcribe(leaving))).code).toBe("client_closed_request");
  expect((await answer).segments).toHaveLength(1);
  expect(runsOf(one)).toBe(2);
  expect(model.memoryBytes).toBe(2e9);
  // It would wait for ever for it to be gone.
  opened.splice(opened.indexOf(model), 1);
});

test.skipIf(process.platform !== "linux")("garbage on its channel ends a runner", async () => {
  const model = open();
  const failure = await failureOf(model.transcribe(job("babble hang")));
  expect(failure).toMatchObject({ code: "runner_crashed" });
  expect(failure.message).toMatch(/no message of this version/);
});

test("a message of another version ends a runner", async () => {
  const failure = await failureOf(open("chatters").transcribe(job("chunk")));
  expect(failure).toMatchObject({ code: "model_load_failed" });
  expect(failure.message).toMatch(/no message of this version/);
});

test("a model that takes too long to load is given up", async () => {
  const failure = await failureOf(open("never", { loadMsMax: 200 }).transcribe(job("chunk")));
  expect(failure).toMatchObject({ code: "model_load_failed" });
  expect(failure.message).toMatch(/more than 0.2 s \(OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS\)/);
});

test("a model that is refused is asked for again by the next job only", async () => {
  const model = open("is refused");
  for (const restarts of [0, 1]) {
    const failure = await failureOf(model.transcribe(job("chunk")));
    expect(failure.message).toBe('Cannot load model "scripted": Cannot read the model');
    expect(model.entry()).toMatchObject({ restarts, pid: null });
  }
});

test("a runner that dies while it loads is replaced once", async () => {
  const transcript = await open("dies once").transcribe(job("chunk"));
  expect(transcript.segments).toHaveLength(1);
});

test("one that dies again and again is left alone for a while, longer each time", async () => {
  const model = open("dies");
  // Each tries twice, the second one after a pause.
  for (let n = 0; n < 2; n++) {
    const failure = await failureOf(model.transcribe(job("chunk")));
    expect(failure).toMatchObject({ code: "model_load_failed" });
  }
  const failure = await failureOf(model.transcribe(job("chunk", { origin: "client" })));
  expect(failure).toMatchObject({ code: "runner_restarting", retryAfterS: 1 });
  expect(failure.kind).toMatchObject({ status: 503, retry: true });
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
});

test("a file of a command line, which has one try, waits until the next one starts", async () => {
  const model = open();
  for (let n = 0; n < 2; n++) {
    const failure = await failureOf(model.transcribe(job("die")));
    expect(failure).toMatchObject({ code: "runner_crashed" });
  }
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
  expect((await model.transcribe(job("chunk"))).segments).toHaveLength(1);
});

test("closing tells those who wait for the next one, too", async () => {
  const model = open("dies");
  for (let n = 0; n < 2; n++) await failureOf(model.transcribe(job("chunk")));
  const waiting = failureOf(model.transcribe(job("chunk")));
  await model.close(stopping);
  expect(await waiting).toBe(stopping);
  // They did not wait for it to be over.
  expect(() => model.refuseWhileBackingOff()).toThrow("ended several times in a row");
});

test("a job is aborted wherever it waits, and with the reason it is given", async () => {
  const late = new AsrError("upload_timeout", "Too late");
  const loading = open("never", { loadMsMax: 10_000 });
  const leaving = AbortSignal.timeout(100);
  expect((await failureOf(loading.transcribe(job("chunk", { signal: leaving })))).code).toBe(
    "client_closed_request",
  );
  // While another must be alone.
  const model = open();
  const alone = model.transcribe(job("die|sleep sleep sleep"));
  await until(() => model.entry().restarts === 1);
  const control = new AbortController();
  const waiting = job("chunk", { signal: control.signal });
  const outcome = failureOf(model.transcribe(waiting));
  control.abort(late);
  expect(await outcome).toBe(late);
  expect(runsOf(waiting)).toBe(0);
  await alone;
});

test("work that ignores that nobody waits for it is ended; those beside it go on", async () => {
  const model = open();
  const beside = model.transcribe(job("hang|chunk"));
  const one = job("hang", { signal: AbortSignal.timeout(300) });
  expect(await failureOf(model.transcribe(one))).toMatchObject({ code: "client_closed_request" });
  expect(runsOf(one)).toBe(1);
  expect((await beside).segments).toHaveLength(1);
});

test("closing ends what is at work and what comes later", async () => {
  const model = open();
  const outcome = failureOf(model.transcribe(job("hang")));
  await until(() => model.entry().jobs === 1);
  await model.close(stopping);
  expect(await outcome).toBe(stopping);
  expect(await failureOf(model.transcribe(job("chunk")))).toBe(stopping);
});

// --- internal ---

let files = 0;

/** A file that counts how often the job was run. */
function countingFile(): string {
  const path = join(folder, String(++files));
  writeFileSync(path, "");
  return path;
}

function job(prompt: string, more: Partial<Job> = {}): Job {
  // All that the scripted runner and its parent look at.
  const some: Partial<TranscribeOptions> = { prompt, words: true, keywords: [] };
  const options = some as TranscribeOptions;
  const { signal } = new AbortController();
  const audioPath = countingFile();
  return {
    model: modelCalled("scripted"),
    origin: "operator",
    audioPath,
    options,
    signal,
    ...more,
  };
}

function runsOf({ audioPath }: Job): number {
  return readFileSync(audioPath, "utf8").length;
}

function record() {
  const segments: string[] = [];
  const doneS: number[] = [];
  const listeners = {
    onSegment: ({ text }: { text: string }) => void segments.push(text),
    onProgress: (progress: Progress) => void doneS.push(progress.doneS),
  };
  return { segments, doneS, listeners };
}

function open(
  path = "loads",
  limits: Partial<RunnerLimits> = {},
  start = (options: RunnerOptions) => new Runner(options),
  endMsMax = 20_000,
): LoadedModel {
  const log = createLog({ logLevel: "error", logFormat: "text" }, () => {});
  const script = join(import.meta.dir, "scripted-runner.ts");
  const starts = countingFile();
  const model = new LoadedModel({
    name: "scripted",
    backend: "null",
    chunksAtOnce: 3,
    fileBytes: 0,
    endMsMax,
    start: () =>
      start({
        name: "scripted",
        command: [process.execPath, script, starts],
        load: { type: "load", protocolVersion, model: { path } } as LoadMessage,
        limits: { memoryBytesMax: 1e9, loadMsMax: 20_000, cancelMsMax: 200, ...limits },
        log,
      }),
    log,
  });
  opened.push(model);
  return model;
}

async function failureOf(promise: Promise<unknown>): Promise<AsrError> {
  const outcome = await promise.then(
    () => "a transcript",
    (error: unknown) => error,
  );
  if (outcome instanceof AsrError) return outcome;
  throw new Error(`Expected an AsrError, found ${String(outcome)}`);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(5);
}

/** Tests the order in which the audio thread serves jobs, and the times that it reports. The audio library is the real one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { AudioThread } from "../../../src/runner/audio/audio-thread.ts";
import { builtLibrary } from "../../backends/built.ts";
import { tone, wavOf } from "../../e2e/wav.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-audio-thread-"));
beforeAll(async () => {
  await Bun.write(join(folder, "clip.wav"), wavOf(20, tone));
  await Bun.write(join(folder, "silence.wav"), wavOf(600));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(
  thread: AudioThread,
  job: number,
  name = "clip.wav",
  cancel: Int32Array = new Int32Array(1),
) {
  return thread.open({
    job,
    path: join(folder, name),
    options: { sampleRate: 16000, channel: null, limits: {} },
    track: null,
    chunkMaxS: 30,
    vad: vadDefaults,
    speechSpans: false,
    speechProbs: false,
    cancel,
  });
}

test("the job with the least audio left is served first, however many came earlier", async () => {
  const thread = new AudioThread(builtLibrary("audio"));
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map((job) => open(thread, job)));
  const order: number[] = [];
  const reads = files.map(async (file, index) => {
    thread.turns.setRemaining(index + 1, index === 5 ? 5 : 3600);
    await file.next();
    order.push(index + 1);
  });
  await Promise.all(reads);
  // The thread already serves the first job when the others arrive.
  expect(order.indexOf(6)).toBeLessThan(2);
});

/** Reads a chunk of six short files. Returns the jobs in the order in which they get it, and their promises. */
async function readShortFiles(thread: AudioThread) {
  const jobs = [1, 2, 3, 4, 5, 6];
  const files = await Promise.all(jobs.map((job) => open(thread, job)));
  const order: number[] = [];
  const reads = files.map(async (file, index) => {
    thread.turns.setRemaining(index + 1, 1);
    await file.next();
    order.push(index + 1);
  });
  return { order, reads };
}

test("a file is opened before all waiting chunks", async () => {
  const thread = new AudioThread(builtLibrary("audio"));
  const { order, reads } = await readShortFiles(thread);
  await open(thread, 7);
  expect(order.length).toBeLessThan(2);
  await Promise.all(reads);
});

test("a cancelled job ends before the chunks of others", async () => {
  const thread = new AudioThread(builtLibrary("audio"));
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const cancelled = await open(thread, 7, "clip.wav", cancel);
  thread.turns.setRemaining(7, 3600);
  const { order, reads } = await readShortFiles(thread);
  const failure = cancelled.next().catch(({ code }) => code);
  cancel[0] = 1;
  expect(await failure).toBe("client_closed_request");
  expect(order.length).toBeLessThan(2);
  await Promise.all(reads);
});

test("the times of all turns of a request count, apart for reading and for finding speech", async () => {
  const thread = new AudioThread(builtLibrary("audio"));
  const startMs = performance.now();
  const long = await open(thread, 1, "silence.wav");
  await long.next();
  const elapsedS = (performance.now() - startMs) / 1000;
  expect(long.vadS).toBeGreaterThan(long.decodeS);
  expect(long.decodeS + long.vadS).toBeWithin(0.05, elapsedS);
});

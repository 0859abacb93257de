/**
 * Runs many jobs, one long file and a crash with a random Parakeet model on transcribe.cpp, through the executable. The
 * memory of the runner must stay flat, and a crash must not lose a job.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recording } from "../backends/recording.ts";
import { isFull } from "../full.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { residentMegabytes } from "./processes.ts";
import { formOf, startServer, type TestServer, until } from "./server.ts";
import { encodeWav, toInt16 } from "./wav.ts";

setDefaultTimeout(1_800_000);

const isLinux = process.platform === "linux";
const rate = 16_000;
const model = "parakeet-random";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-parakeet-load-"));
  writeFileSync(join(folder, `${model}.gguf`), parakeetFile(smallShape));
  server = await startServer({ flags: ["--model-dir", folder, "--preload", model] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly text: string;
  readonly duration: number;
  readonly segments: readonly { readonly start: number; readonly end: number }[];
}

async function transcribe(file: File): Promise<Answer> {
  const response = await server.post(formOf({ file, model, response_format: "verbose_json" }));
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** Returns a file with the speech of jfk.flac, again and again. */
function speechFile(seconds: number): File {
  const speech = recording("jfk.flac");
  const samples = new Int16Array(seconds * rate);
  for (let n = 0; n < samples.length; n++) samples[n] = toInt16(speech[n % speech.length]!);
  return encodeWav(samples);
}

/** Returns the resident memory of the runner in megabytes. */
function runnerMegabytes(): number {
  return residentMegabytes(server.runners()[0] ?? 0);
}

/** Runs jobs, four at a time. Every job must return the same text as the first one. */
async function runJobs(count: number, file: File): Promise<void> {
  const { text } = await transcribe(file);
  expect(text).not.toBe("");
  let left = count - 1;
  const client = async (): Promise<void> => {
    while (left-- > 0) expect((await transcribe(file)).text).toBe(text);
  };
  await Promise.all(Array.from({ length: 4 }, client));
}

// `npm test` runs fewer jobs. A model that loses a megabyte per job fails with either number.
test.skipIf(!isLinux)("the memory of the runner stays flat over many jobs", async () => {
  const file = speechFile(11);
  await runJobs(20, file);
  const before = runnerMegabytes();
  await runJobs(isFull ? 200 : 60, file);
  const after = runnerMegabytes();
  console.info(`runner: ${before.toFixed(0)} MB after 20 jobs, ${after.toFixed(0)} MB at the end`);
  expect(after - before).toBeLessThan(30);
});

test("a job whose runner dies returns the same text from a new runner", async () => {
  const file = speechFile(120);
  const { text } = await transcribe(file);
  const [runner = 0] = server.runners();
  const pending = transcribe(file);
  await until("the upload is on disk", () => server.spooled().length === 1);
  process.kill(runner, "SIGSEGV");
  expect((await pending).text).toBe(text);
  expect(server.runners()).not.toContain(runner);
});

// Runs only in the full run, because the file is 94 MB large.
test.skipIf(!isLinux || !isFull)(
  "a file of 49 minutes needs no more memory than one of two minutes",
  async () => {
    await transcribe(speechFile(120));
    const before = runnerMegabytes();
    const { duration, segments } = await transcribe(speechFile(49 * 60));
    const after = runnerMegabytes();
    console.info(`runner: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after 49 minutes`);
    expect(duration).toBeCloseTo(49 * 60, 0);
    expect(segments.at(-1)!.end).toBeGreaterThan(49 * 60 - 15);
    const starts = segments.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(after - before).toBeLessThan(80);
  },
);

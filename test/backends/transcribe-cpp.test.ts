/**
 * Runs the conformance suite for transcribe.cpp with random Parakeet models. Then tests models that return only a text,
 * several lanes at once, and damaged GGUF files.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectSpeechModel } from "../../src/models/formats/gguf-speech.ts";
import { capability } from "../../src/runner/engine/asr-structs.ts";
import { LaneClient } from "../../src/runner/engine/lane-client.ts";
import { type ParakeetShape, parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { testBackend } from "./backend.case.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { expectStops } from "./cancel.case.ts";
import { recording } from "./recording.ts";
import { join as joinSamples, whiteNoise } from "./signals.ts";
import { type BackendCase, expectCode, Subject } from "./subject.ts";

setDefaultTimeout(120_000);

const libraryPath = builtLibrary("transcribe-cpp");
const folder = mkdtempSync(join(tmpdir(), "open-asr-transcribe-cpp-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Speech with the words "And so, my fellow Americans, ask not". */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);

function modelFile(name: string, shape: ParakeetShape, changes = {}): string {
  const path = join(folder, `${name}.gguf`);
  writeFileSync(path, parakeetFile(shape, changes));
  return path;
}

const small = {
  id: "transcribe-cpp with a small Parakeet",
  libraryPath,
  model: modelFile("small", smallShape),
  speech,
  groups: ["recognize"],
  isWhisper: false,
  language: "en",
  says: null,
  skip: [
    { reason: "the engine maps the file of a model", cases: ["loads a model from memory"] },
    {
      reason: "the model works for less than a tenth of a second; a larger one is cancelled below",
      cases: ["stops recognition after a cancel and stays usable"],
    },
  ],
} as const satisfies BackendCase;

testBackend(small);

const larger = { ...smallShape, layers: 4, width: 256, channels: 64 };

testBackend({
  ...small,
  id: "transcribe-cpp with a larger Parakeet",
  model: modelFile("larger", larger),
  busy: whiteNoise(30),
  quick: ["stops recognition after a cancel and stays usable"],
  skip: small.skip.slice(0, 1),
});

test("the text depends on the audio, and its tokens have every duration", () => {
  using subject = new Subject(small);
  const first = subject.lane.recognize(subject.chunk({ input: recording("jfk.flac") }));
  const second = subject.lane.recognize(subject.chunk({ input: speech }));
  expect(subject.info.frameS).toBeCloseTo(0.08);
  expect(first.tokens.length).toBeGreaterThan(50);
  expect(new Set(first.tokens).size).toBeGreaterThan(9);
  expect(subject.textOf(first.tokens)).not.toStartWith(subject.textOf(second.tokens));
  const frames = [...first.startS].map((start, i) => Math.round((first.endS[i]! - start) / 0.08));
  expect(new Set(frames).size).toBeGreaterThan(2);
});

test("eight lanes at once return the same tokens as one lane alone", async () => {
  using subject = new Subject(small);
  const whole = recording("jfk.flac");
  const pieces = Array.from({ length: 8 }, (_, i) => whole.slice(i * 16_000, (i + 3) * 16_000));
  const alone = pieces.map((input) => subject.lane.recognize(subject.chunk({ input })).tokens);
  expect(new Set(alone.map((tokens) => tokens.join())).size).toBeGreaterThan(4);
  const lanes = await Promise.all(
    pieces.map(async () => {
      const lane = new LaneClient();
      await lane.open({ libraryPath, audioLibraryPath: builtLibrary("audio") }, subject.pointer);
      return lane;
    }),
  );
  for (let round = 0; round < 5; round++) {
    const together = await Promise.all(
      lanes.map((lane, i) => lane.recognize(subject.chunk({ input: pieces[i]! }))),
    );
    expect(together.map(({ tokens }) => tokens)).toEqual(alone);
  }
});

describe.each([
  ["tiny.en", false],
  ["base", true],
])("transcribe-cpp with Whisper %s", (name, isMultilingual) => {
  const whisper = { ...small, id: name, model: builtModel(`ggml-${name}-q8_0.bin`) };

  test("returns the text of a chunk, without tokens", async () => {
    using subject = new Subject(whisper);
    const { capabilities } = subject.info;
    expect((capabilities & capability.tokenTimes) !== 0).toBe(false);
    expect((capabilities & capability.detectLanguage) !== 0).toBe(isMultilingual);
    const { text, tokens, language } = subject.lane.recognize(subject.chunk({ language: -1 }));
    expect(text).toMatch(/fellow Americans/iu);
    expect([...tokens]).toEqual([]);
    expect(subject.info.languages[language]).toBe(isMultilingual ? "en" : undefined);
  });

  test("reports the capabilities that its file promises", async () => {
    using subject = new Subject(whisper);
    const promised = await inspectSpeechModel(whisper.model);
    expect(promised?.languages).toEqual([...subject.info.languages]);
    const has = (bit: number): boolean => (subject.info.capabilities & bit) !== 0;
    expect(promised).toMatchObject({
      detectLanguage: has(capability.detectLanguage),
      translate: has(capability.translate),
      words: has(capability.tokenTimes),
    });
  });
});

test("Whisper continues after a pause in which it could end its text", () => {
  using subject = new Subject({ ...small, model: builtModel("ggml-tiny.en-q8_0.bin") });
  // Without times of segments, tiny.en returns only the text of the first recording.
  const names = ["en_pbx-invalidpark.flac", "en_demo-moreinfo.flac", "en_vm-nobox.flac"];
  const input = joinSamples(names.map(recording));
  const { text } = subject.lane.recognize(subject.chunk({ input }));
  expect(text).toMatch(/parked on that extension.*Linux operating system.*not have a mailbox/isu);
  expect(text).not.toMatch(/mailbox.*mailbox| {2}/isu);
  expect(subject.lane.recognize(subject.chunk({ input })).text).toBe(text);
});

test("a cancel stops Whisper inside its encoder, and the lane stays usable", async () => {
  using subject = new Subject({ ...small, model: builtModel("ggml-tiny.en-q8_0.bin") });
  await expectStops((cancel) => subject.lane.recognize(subject.chunk({ cancel })));
  expect(subject.lane.recognize(subject.chunk()).text).toMatch(/fellow Americans/iu);
});

test("a translation with a model that only transcribes is rejected", () => {
  using subject = new Subject(small);
  expectCode("unsupported_value", () => subject.lane.recognize(subject.chunk({ translate: true })));
});

test.each([
  ["a million layers", { "stt.parakeet.encoder.n_layers": 1_000_000 }],
  ["a window of a gigabyte", { "stt.frontend.n_fft": 2 ** 30 }],
  ["two billion mel bands", { "stt.frontend.num_mels": 2 ** 31 - 1 }],
  ["another width than its tensors", { "stt.parakeet.encoder.d_model": 64 }],
  ["a vocabulary larger than its tensors", { "stt.parakeet.predictor.vocab": 500 }],
  ["an unknown kind of model", { "general.architecture": "llama" }],
])("a GGUF file with %s is rejected without much memory", (_what, changes) => {
  using subject = new Subject(small);
  const from = modelFile("hostile", smallShape, changes);
  const before = process.memoryUsage.rss();
  expectCode("model_load_failed", () =>
    subject.library.loadModel({ from, gpu: false, threads: 1 }),
  );
  expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
});

test("tokens of short chunks, which are padded, end with the audio at the latest", () => {
  using subject = new Subject(small);
  const pieces = Array.from({ length: 25 }, (_, i) => speech.slice(i * 3200, (i + 1) * 3200));
  const ends = pieces.flatMap((input) => [
    ...subject.lane.recognize(subject.chunk({ input })).endS,
  ]);
  expect(ends.length).toBeGreaterThan(0);
  expect(Math.max(...ends)).toBeCloseTo(0.2);
});

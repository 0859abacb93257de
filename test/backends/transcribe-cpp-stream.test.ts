/**
 * Runs the conformance suite for transcribe.cpp with a random Parakeet model that transcribes streams, and compares a
 * stream with a chunk.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { streamingParakeetFile } from "../gguf/streaming-parakeet.ts";
import { testBackend } from "./backend.case.ts";
import { builtLibrary } from "./built.ts";
import { recording } from "./recording.ts";
import { whiteNoise } from "./signals.ts";
import { type BackendCase, feedOptions, Subject } from "./subject.ts";
import { joinResults } from "./timed-tokens.ts";

setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "open-asr-transcribe-cpp-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, "streaming.gguf");
writeFileSync(model, streamingParakeetFile());

const streaming = {
  id: "transcribe-cpp with a streaming Parakeet",
  libraryPath: builtLibrary("transcribe-cpp"),
  model,
  speech: recording("jfk.flac").subarray(0, 5 * 16_000),
  busy: whiteNoise(30),
  groups: ["recognize", "stream"],
  isWhisper: false,
  language: "en",
  says: null,
  quick: [
    "transcribes a stream, with times and log-probabilities",
    "returns the same tokens however the samples are divided",
    "keeps the streams of a lane separate",
    "accepts calls without samples, and an end without samples",
    "rejects invalid samples and stays usable",
    "accepts only a close for a cancelled stream",
    "stops inside a stream after a cancel and stays usable",
    "frees the memory of its streams, whether they are closed or not",
  ],
  skip: [{ reason: "the engine maps the file of a model", cases: ["loads a model from memory"] }],
} as const satisfies BackendCase;

testBackend(streaming);

// The encoder of the model uses the same context in both calls.
test.each(["jfk.flac", "en_demo-moreinfo.flac", "it_demo-moreinfo.flac"])(
  "a stream of %s returns the tokens of the whole recording in one chunk",
  (name) => {
    using subject = new Subject(streaming);
    const input = recording(name);
    const whole = joinResults([subject.lane.recognize(subject.chunk({ input }))]);
    const stream = subject.lane.openStream(subject.streamOptions());
    const parts = [input.subarray(0, 50_000), input.subarray(50_000)].map((part, i) =>
      subject.lane.feedStream(stream, part, feedOptions({ isLast: i === 1 })),
    );
    subject.lane.closeStream(stream);
    const streamed = joinResults(parts);
    expect(whole.tokens.length).toBeGreaterThan(10);
    expect(streamed.tokens).toEqual(whole.tokens);
    expect(parts[0]!.tokens).not.toBeEmpty();
    for (const [i, start] of whole.startS.entries()) {
      expect(streamed.startS[i]).toBeCloseTo(start, 2);
      expect(streamed.logprobs[i]).toBeCloseTo(whole.logprobs[i]!, 2);
    }
  },
);

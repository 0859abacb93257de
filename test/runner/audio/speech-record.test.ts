/** Tests the probabilities of speech: their times, the limit on their number, and how they reach the chunks. */
import { expect, test } from "bun:test";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { AudioLibrary, VoiceActivity } from "../../../src/runner/audio/audio-library.ts";
import { type AudioChunk, Chunker } from "../../../src/runner/audio/chunker.ts";
import { FeedCutter } from "../../../src/runner/audio/feed-cutter.ts";
import { SpeechCutter } from "../../../src/runner/audio/speech-cutter.ts";
import { SpeechRecord } from "../../../src/runner/audio/speech-record.ts";
import { openVoice } from "../../../src/runner/audio/voice.ts";
import { builtLibrary } from "../../backends/built.ts";
import { recording } from "../../backends/recording.ts";
import { silence } from "../../backends/signals.ts";

const windowS = 0.032;
const recordOf = (...probs: number[]) => {
  const record = new SpeechRecord();
  record.append(Float32Array.from(probs));
  return record;
};

test("the mean is that of the windows that a span overlaps", () => {
  const record = recordOf(1, 0.5, 0, 0.25);
  expect(record.mean(0, 4 * windowS)).toBe(0.4375);
  expect(record.mean(0, 0.05)).toBe(0.75);
  expect(record.mean(0.04, 0.05)).toBe(0.5);
  expect(record.mean(0.04, 0.04)).toBe(0.5);
  expect(record.mean(0.1, 99)).toBe(0.25);
  expect(record.mean(1, 2)).toBeNull();
  expect(new SpeechRecord().mean(0, 1)).toBeNull();
});

test("windows that the record already has are skipped, and a gap starts the record again", () => {
  const record = recordOf(1, 1);
  record.add({ firstWindow: 1, probs: Float32Array.of(0, 0.5) });
  expect(record.within(0, 1)).toEqual({ firstWindow: 0, probs: Float32Array.of(1, 1, 0.5) });
  record.add({ firstWindow: 9, probs: Float32Array.of(0.25) });
  expect(record.within(0, 1)).toEqual({ firstWindow: 9, probs: Float32Array.of(0.25) });
  expect(record.mean(0, 2 * windowS)).toBeNull();
});

test("forget() deletes earlier windows, and the record deletes its oldest windows above its limit", () => {
  const record = recordOf(1, 0.75, 0.5, 0.25);
  record.forget(1.5 * windowS);
  expect(record.within(0, 1).probs).toEqual(Float32Array.of(0.75, 0.5, 0.25));
  record.forget(99);
  expect(record.within(0, 1).probs).toEqual(new Float32Array());
  const limited = new SpeechRecord(3 * windowS);
  for (let n = 0; n < 1000; n++) limited.append(Float32Array.of(n));
  expect(limited.within(0, 99)).toEqual({
    firstWindow: 997,
    probs: Float32Array.of(997, 998, 999),
  });
});

test("a chunk may be hours long", () => {
  const record = new SpeechRecord();
  record.add({ firstWindow: 0, probs: new Float32Array(1_000_000).fill(0.5) });
  expect(record.mean(0, 32_000)).toBe(0.5);
});

const library = new AudioLibrary(builtLibrary("audio"));
/** The same 11 s of speech twice, with 8 s of silence between. */
const samples = Float32Array.of(...recording("jfk.flac"), ...silence(8), ...recording("jfk.flac"));

/** Returns the probabilities of speech of all windows of `samples`. */
function allProbs(): Float32Array {
  using voice = new VoiceActivity(library, vadDefaults, { keepsProbabilities: true });
  voice.push(samples);
  voice.finish();
  return voice.takeProbabilities();
}

/**
 * Converts `samples` to `rate`, pushes them in blocks, and returns the chunks. At 16 kHz, a block has `block` samples.
 */
function chunksOf(rate: 16_000 | 24_000, block: number, isStream: boolean): AudioChunk[] {
  using voice = openVoice(library, vadDefaults, { rate, keepsProbabilities: true });
  const cutter = isStream
    ? new FeedCutter(rate, { voice, vad: vadDefaults })
    : new SpeechCutter(voice, vadDefaults, rate, 5);
  const chunker = new Chunker(rate, cutter, { voice });
  const step = rate / 16_000;
  const resampled = Float32Array.from(
    { length: samples.length * step },
    (_, n) => samples[Math.floor(n / step)]!,
  );
  const chunks: AudioChunk[] = [];
  const take = () => {
    for (let chunk = chunker.take(); chunk !== null; chunk = chunker.take()) chunks.push(chunk);
  };
  for (let at = 0; at < resampled.length; at += block * step) {
    chunker.push(resampled.subarray(at, at + block * step));
    take();
  }
  chunker.finish();
  take();
  return chunks;
}

const meanOf = (probs: Float32Array) => probs.reduce((sum, prob) => sum + prob, 0) / probs.length;

test.each([
  [16_000, 16_000, false],
  [16_000, 700, true],
  [16_000, 1_000_000, false],
  [24_000, 16_000, true],
] as const)(
  "at %d Hz in blocks of %d, each chunk has the probabilities of exactly its windows (stream: %p)",
  (rate, block, isStream) => {
    const all = allProbs();
    const chunks = chunksOf(rate, block, isStream);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { startS, durationS, speechProbs } of chunks) {
      const { firstWindow, probs } = speechProbs!;
      expect(firstWindow).toBe(Math.floor(startS / windowS));
      expect(probs.length).toBe(
        Math.min(all.length, Math.ceil((startS + durationS) / windowS)) - firstWindow,
      );
      const expected = all.subarray(firstWindow, firstWindow + probs.length);
      if (rate === 16_000) expect(probs).toEqual(expected);
      const mean = meanOf(probs);
      // At 24 kHz, the conversion changes the probabilities slightly.
      expect(Math.abs(mean - meanOf(expected))).toBeLessThan(0.05);
      if (durationS > 2) expect(mean).toBeGreaterThan(0.5);
    }
  },
);

test("a chunk has no probabilities if the job did not request them", () => {
  const cutter = new FeedCutter(16_000, null);
  const chunker = new Chunker(16_000, cutter);
  chunker.push(silence(3));
  expect(chunker.take()?.speechProbs).toBeNull();
  using voice = openVoice(library, vadDefaults, { rate: 16_000 });
  voice.push(silence(9));
  expect(voice.takeProbabilities()).toHaveLength(0);
});

import { describe, expect, test } from "bun:test";
import { AudioLibrary, VoiceActivity } from "../../../src/runner/audio/audio-library.ts";
import { type AudioChunk, Chunker } from "../../../src/runner/audio/chunker.ts";
import { SpeechCutter } from "../../../src/runner/audio/speech-cutter.ts";
import { type VadOptions, vadDefaults } from "../../../src/ipc/vad.ts";
import { builtLibrary } from "../../backends/built.ts";
import { recording } from "../../backends/recording.ts";
import { silence, tone, whiteNoise } from "../../backends/signals.ts";

const sampleRate = 16_000;
const chunkMaxS = 30;
const library = new AudioLibrary(builtLibrary("audio"));
/** A recording of 11 s. The speech starts within the first second and ends within the last second. */
const speech = recording("jfk.flac");

interface Cut {
  readonly vad?: VadOptions;
  readonly chunkMaxS?: number;
}

function chunksOf(...parts: readonly Float32Array[]): AudioChunk[] {
  return cutInto({}, ...parts).chunks;
}

/**
 * Returns the chunks. For each chunk, also returns how many seconds of audio had been pushed when the chunk was
 * returned.
 */
function cutInto(
  { vad = vadDefaults, chunkMaxS: lengthMaxS = chunkMaxS }: Cut,
  ...parts: readonly Float32Array[]
) {
  using voice = new VoiceActivity(library, vad);
  const chunker = new Chunker(sampleRate, new SpeechCutter(voice, vad, sampleRate, lengthMaxS));
  const chunks: AudioChunk[] = [];
  const pushedS: number[] = [];
  const takeAll = (): void => {
    for (let chunk = chunker.take(); chunk !== null; chunk = chunker.take()) {
      chunks.push(chunk);
      pushedS.push(chunker.durationS);
    }
  };
  for (const part of parts) {
    for (let at = 0; at < part.length; at += sampleRate) {
      chunker.push(part.subarray(at, at + sampleRate));
      takeAll();
    }
  }
  chunker.finish();
  takeAll();
  return { chunks, pushedS };
}

/** Returns speech whose pauses are not silent. */
function monologue(seconds: number): Float32Array {
  const voiced = speech.subarray(0.4 * sampleRate, 10.3 * sampleRate);
  return silence(seconds).map((_, n) => voiced[n % voiced.length]!);
}

/** Returns the start and end of each chunk in seconds, rounded to tenths. */
function spansOf(chunks: readonly AudioChunk[]): number[][] {
  return chunks.map(({ startS, durationS }) =>
    [startS, startS + durationS].map((s) => Math.round(s * 10) / 10),
  );
}

describe("Chunker with a SpeechCutter", () => {
  test("returns speech unchanged", () => {
    const [chunk, ...others] = chunksOf(speech);
    expect(others).toHaveLength(0);
    expect(chunk!.startS).toBeLessThan(0.5);
    expect(chunk!.startS + chunk!.durationS).toBeGreaterThan(10.3);
    const from = Math.round(chunk!.startS * sampleRate);
    expect(new Float32Array(chunk!.samples)).toEqual(
      speech.slice(from, from + chunk!.samples.length),
    );
  });

  test("returns no chunk for silence, noise and tones", () => {
    for (const nothing of [silence(40), tone(20), whiteNoise(40).map((x) => x / 10)]) {
      expect(chunksOf(nothing)).toHaveLength(0);
    }
  });

  test("removes silence before, between and after speech", () => {
    const spans = spansOf(chunksOf(silence(20), speech, silence(20), speech, silence(20)));
    expect(spans).toHaveLength(2);
    expect(spans[0]![0]).toBeWithin(19.5, 20.5);
    expect(spans[0]![1]).toBeWithin(30.3, 31.6);
    expect(spans[1]![0]).toBeWithin(50.5, 51.5);
    expect(spans[1]![1]).toBeWithin(61.3, 62.6);
  });

  test("joins speech that is close together, up to the longest chunk", () => {
    const spans = spansOf(chunksOf(speech, silence(2.5), speech, silence(2.5), speech));
    expect(spans).toHaveLength(2);
    expect(spans[0]![1]).toBeWithin(23.8, 25.1);
    expect(spans[1]![0]).toBeWithin(26.5, 27.5);
  });

  test("separates speech at a silence of more than 3 s, even if it would fit into one chunk", () => {
    const short = speech.subarray(0, 5 * sampleRate);
    expect(chunksOf(short, silence(2), short)).toHaveLength(1);
    expect(chunksOf(short, silence(5), short)).toHaveLength(2);
  });

  test("returns no chunk above the maximum length, and no sample twice", () => {
    const chunks = chunksOf(...Array.from({ length: 12 }, () => speech));
    let endS = 0;
    for (const { startS, durationS } of chunks) {
      expect(durationS).toBeLessThanOrEqual(chunkMaxS);
      expect(startS).toBeGreaterThanOrEqual(endS - 1e-6);
      endS = startS + durationS;
    }
    const totalS = chunks.reduce((sum, { durationS }) => sum + durationS, 0);
    expect(totalS).toBeGreaterThan(0.9 * 12 * 11);
  });

  test.each([
    [30, 24],
    [30, 19],
    [10, 8],
  ])("cuts long speech (at most %i s) in its deepest pause, at %f s", (lengthMaxS, atS) => {
    const at = atS * sampleRate;
    const pauseS = 0.4;
    const before = monologue(40).subarray(0, at);
    const { chunks, pushedS } = cutInto(
      { chunkMaxS: lengthMaxS },
      before,
      silence(pauseS),
      monologue(40),
    );
    const [first, second] = chunks;
    const cutS = first!.startS + first!.durationS;
    expect(cutS).toBeWithin(atS, atS + pauseS);
    expect(second!.startS).toBeCloseTo(cutS, 6);
    // The cutter must return the chunk as soon as its end is known, not only at the end of the audio.
    expect(pushedS[0]).toBeLessThanOrEqual(lengthMaxS + 8);
  });

  test("loses no sample where it cuts speech", () => {
    const chunks = chunksOf(monologue(100));
    expect(chunks.length).toBeGreaterThan(3);
    for (const [index, { startS, durationS }] of chunks.entries()) {
      const { startS: fromS, durationS: lastS } = chunks[index - 1] ?? { startS: 0, durationS: 0 };
      expect(startS).toBeCloseTo(fromS + lastS, 1);
      if (index < chunks.length - 1) expect(durationS).toBeWithin(17.9, 30.001);
    }
  });

  test("finishes speech within the longest chunk, whatever the parameters", () => {
    const vad = { ...vadDefaults, minSilenceMs: 10_000, minSpeechMs: 3000 };
    const blip = speech.subarray(0.4 * sampleRate, 0.9 * sampleRate);
    expect(cutInto({ vad, chunkMaxS: 5 }, silence(3), blip, silence(30)).chunks).toEqual([]);
    const { chunks } = cutInto({ vad, chunkMaxS: 5 }, silence(3), speech, silence(30));
    expect(chunks[0]!.startS).toBeWithin(2.5, 3.5);
    expect(chunks.at(-1)!.startS + chunks.at(-1)!.durationS).toBeWithin(13.3, 19);
  });

  test("returns no chunk for sound that never reaches the peak threshold, however long it lasts", () => {
    const noise = whiteNoise(60);
    const drowned = monologue(60).map((x, n) => x + 0.6 * noise[n]!);
    const vad = { ...vadDefaults, threshold: 0.01, negThreshold: 0.01, minSilenceMs: 10_000 };
    // If the peak threshold is as low as `threshold`, this noise counts as one region of speech.
    const heard = cutInto({ vad: { ...vad, peakThreshold: 0.01 } }, drowned).chunks;
    expect(heard.reduce((sum, { durationS }) => sum + durationS, 0)).toBeGreaterThan(55);
    for (const lengthMaxS of [5, 30]) {
      const cut = { vad: { ...vad, peakThreshold: 0.3 }, chunkMaxS: lengthMaxS };
      expect(cutInto(cut, drowned).chunks).toEqual([]);
      // The cutter keeps only the last part of the sound. This part would belong to the speech if a later peak reached
      // the threshold.
      const { chunks } = cutInto(cut, drowned, monologue(20));
      expect(chunks[0]!.startS).toBeWithin(60 - Math.max(lengthMaxS, 12), 60);
      expect(chunks.at(-1)!.startS + chunks.at(-1)!.durationS).toBeCloseTo(80, 1);
      const sentS = chunks.reduce((sum, { durationS }) => sum + durationS, 0);
      expect(sentS).toBeCloseTo(80 - chunks[0]!.startS, 1);
    }
  });

  test("keeps undecided sound in memory for at most the length of a chunk", () => {
    const vad = { ...vadDefaults, peakThreshold: 1 };
    using voice = new VoiceActivity(library, vad);
    const cutter = new SpeechCutter(voice, vad, sampleRate, chunkMaxS);
    const part = monologue(10);
    for (let pushedS = 10; pushedS <= 120; pushedS += 10) {
      cutter.push(part);
      expect(cutter.next()).toBeNull();
      expect(pushedS - cutter.keepFrom / sampleRate).toBeLessThanOrEqual(chunkMaxS);
    }
  });
});

// Of a piece without a whole word, Whisper makes words that nobody said.
test.each([1, 6])(
  "the end of a region before %i s of silence is never a short piece",
  (silenceS) => {
    const lengths = Array.from({ length: 60 }, (_, step) => 4 + step / 10);
    const shortest = lengths.map((lengthMaxS) => {
      const { chunks } = cutInto({ chunkMaxS: lengthMaxS }, monologue(13), silence(silenceS));
      return Math.min(...chunks.map(({ durationS }) => durationS));
    });
    expect(shortest.filter((durationS) => durationS < 0.99)).toEqual([]);
  },
);

/** Tests the spans of a chunk that may contain speech, at the sample rates that models use. */
import { expect, test } from "bun:test";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { AudioLibrary } from "../../../src/runner/audio/audio-library.ts";
import { Chunker, type Cutter } from "../../../src/runner/audio/chunker.ts";
import { spanRules, SpeechSpans } from "../../../src/runner/audio/speech-spans.ts";
import { openVoice, type Voice } from "../../../src/runner/audio/voice.ts";
import { builtLibrary } from "../../backends/built.ts";
import { recording } from "../../backends/recording.ts";
import { silence } from "../../backends/signals.ts";

const library = new AudioLibrary(builtLibrary("audio"));
/** A recording of 11 s. The speech starts within the first second and ends within the last second. */
const speech = recording("jfk.flac");

function openWithSpans(rate: 16000 | 24000): Voice {
  return openVoice(library, vadDefaults, { rate, spans: spanRules });
}

/** Returns three seconds of silence, the speech, and three more seconds of silence, at the sample rate `rate`. */
function stream(rate: 16000 | 24000): Float32Array {
  const samples = Float32Array.of(...silence(3), ...speech, ...silence(3));
  if (rate === 16_000) return samples;
  return Float32Array.from(
    { length: samples.length * 1.5 },
    (_, n) => samples[Math.floor(n / 1.5)]!,
  );
}

test.each([16_000, 24_000] as const)(
  "at %d Hz, the spans of speech have the right times",
  (rate) => {
    using voice = openWithSpans(rate);
    const samples = stream(rate);
    voice.push(samples);
    voice.finish();
    const found = new SpeechSpans(voice).within({ start: 0, end: samples.length });
    expect(found.length).toBeGreaterThan(2);
    expect(found[0]!.start / rate).toBeWithin(3, 3.6);
    expect(found.at(-1)!.end / rate).toBeWithin(13, 14.2);
  },
);

test("the spans are the regions that another stream finds with their rules", () => {
  const rules = {
    ...vadDefaults,
    peakThreshold: vadDefaults.threshold,
    minSpeechMs: 0,
    minSilenceMs: spanRules.minSilenceMs,
    speechPadMs: spanRules.padMs,
  };
  using both = openWithSpans(16_000);
  using other = openVoice(library, rules, { rate: 16_000 });
  for (const voice of [both, other]) {
    voice.push(stream(16_000));
    voice.finish();
  }
  const expected = other.takeRegions();
  expect(both.takeSpans()).toEqual(expected);
  expect(both.takeRegions().length).toBeLessThan(expected.length);
});

test("audio without a decision yet counts as speech, up to the end of the chunk", () => {
  using voice = openWithSpans(16_000);
  voice.push(silence(1));
  expect(new SpeechSpans(voice).within({ start: 0, end: 16_000 })).toEqual([
    { start: 0, end: 16_000 },
  ]);
});

test("the speech of a chunk is counted from the start of the chunk", () => {
  using voice = openWithSpans(16_000);
  const samples = stream(16_000);
  const spans = [
    { start: 32_000, end: 112_000 },
    { start: 112_000, end: samples.length },
  ];
  const cutter: Cutter = {
    push: (more) => voice.push(more),
    finish: () => voice.finish(),
    next: () => spans.shift() ?? null,
    keepFrom: 0,
  };
  const chunker = new Chunker(16_000, cutter, { speechSpans: new SpeechSpans(voice) });
  chunker.push(samples);
  chunker.finish();
  const [first, second] = [chunker.take()!, chunker.take()!];
  // The speech starts 3 to 3.6 s after the start of the file. The first chunk starts at 2 s, so in this chunk the
  // speech starts after 1 to 1.6 s.
  expect(first.speech![0]!.startS).toBeWithin(1, 1.6);
  expect(second.speech!.at(-1)!.endS).toBeWithin(6, 7.2);
});

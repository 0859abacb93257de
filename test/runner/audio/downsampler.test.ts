/**
 * Tests the conversion from 24 kHz to 16 kHz. Times and levels must stay the same, and frequencies above 8 kHz must
 * disappear.
 */
import { expect, test } from "bun:test";
import { Downsampler } from "../../../src/runner/audio/downsampler.ts";

const tone = (hz: number, rate: number, seconds: number) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rate));

function downsample(samples: Float32Array, sizes: readonly number[] = [samples.length]) {
  const downsampler = new Downsampler();
  const parts: Float32Array[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes[i % sizes.length]!;
    parts.push(downsampler.push(samples.subarray(at, at + size)));
    at += size;
  }
  parts.push(downsampler.finish());
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

test.each([100, 440, 3000, 6000])("a tone of %d Hz keeps its level and its time", (hz) => {
  const found = downsample(tone(hz, 24_000, 1));
  const expected = tone(hz, 16_000, 1);
  expect(found.length).toBe(16_000);
  const inner = [...found.keys()].slice(50, -50);
  expect(Math.max(...inner.map((n) => Math.abs(found[n]! - expected[n]!)))).toBeLessThan(0.01);
});

test("a tone above 8 kHz disappears", () => {
  const found = downsample(tone(11_000, 24_000, 1)).slice(50, -50);
  expect(Math.max(...found.map(Math.abs))).toBeLessThan(0.01);
});

test("the division of the samples into calls does not change the result", () => {
  const samples = tone(440, 24_000, 0.5);
  const whole = downsample(samples);
  for (const sizes of [[1], [7, 64, 1, 3], [2400]])
    expect(downsample(samples, sizes)).toEqual(whole);
  expect(downsample(new Float32Array(0)).length).toBe(0);
});

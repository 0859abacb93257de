/**
 * Compares Parakeet on transcribe.cpp with Python's parakeet-mlx (test/parity/make-parakeet-reference.py). Both use the
 * same random 32-bit weights, but round differently. Therefore the test compares only recordings in which the
 * reference's two largest logits differ clearly at each decision. All tokens must then be the same.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recording } from "../backends/recording.ts";
import { isFull } from "../full.ts";
import references from "./parakeet-reference.json";
import { transcribeCpp } from "./subject.ts";

setDefaultTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), "open-asr-parakeet-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

const frameS = 0.08;
/**
 * Smallest difference of the two largest logits that counts as clear. The logits of the small model are larger, and so
 * are their rounding errors: one of its recordings has other tokens although the difference is 0.018.
 */
const clearGap = { parity: 0.03, full: 0.001 };

describe("a small Parakeet model", () => compareWith("parity"));

// The file of this model has 2.5 GB.
describe.skipIf(!isFull)("a Parakeet model as large as v3", () => compareWith("full"));

function compareWith(size: "parity" | "full"): void {
  const clips = references.filter(
    ({ model, smallestGap }) => model === size && smallestGap > clearGap[size],
  );

  test("returns the same tokens, times and confidences as parakeet-mlx", () => {
    using subject = transcribeCpp(folder, size);
    for (const { file, ids, frames, durations, confidences } of clips) {
      const input = recording(file);
      const { tokens, logprobs, startS, endS } = subject.lane.recognize(subject.chunk({ input }));
      expect({ file, ids: [...tokens] }).toEqual({ file, ids });
      const lengthS = input.length / 16_000;
      for (const [i, frame] of frames.entries()) {
        const end = Math.min((frame + durations[i]!) * frameS, lengthS);
        expect(startS[i]).toBeCloseTo(frame * frameS, 2);
        expect(endS[i]).toBeCloseTo(end, 2);
        expect(Math.exp(logprobs[i]!)).toBeCloseTo(confidences[i]!, 2);
      }
    }
  });

  test("the reference has all durations and different texts", () => {
    expect(clips.length).toBeGreaterThan(2);
    for (const { file, smallestGap } of clips)
      expect({ file, isClear: smallestGap > 0.001 }).toEqual({ file, isClear: true });
    expect(new Set(clips.flatMap(({ durations }) => durations))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(new Set(clips.map(({ ids }) => ids.join())).size).toBe(clips.length);
    expect(Math.max(...clips.map(({ ids }) => ids.length))).toBeGreaterThan(50);
  });
}

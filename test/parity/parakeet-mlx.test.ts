/**
 * Compares Parakeet on MLX with Python's parakeet-mlx (test/parity/make-parakeet-reference.py), and with transcribe.cpp. All
 * have the same random weights and compute in float32. Where the reference's two largest logits differ by more than
 * `clearGap`, all tokens must be the same.
 *
 * The confidences show each detail of the features: another pre-emphasis, window, padding, magnitude, logarithm, deviation
 * or mel scale changes a confidence of jfk.flac by more than 0.0007.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chunk, TimedTokens } from "../../src/runner/engine/asr-structs.ts";
import { recording } from "../backends/recording.ts";
import type { Subject } from "../backends/subject.ts";
import { isFull } from "../full.ts";
import { fullShape, parityShape } from "../gguf/parakeet.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { type ParakeetVariant, writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { parakeetVariants } from "../mlx/write-parakeet.ts";
import references from "./parakeet-reference.json";
import { paritySubject, transcribeCpp } from "./subject.ts";

setDefaultTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), "open-asr-parakeet-mlx-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Reference = (typeof references)[number];
type Found = Pick<TimedTokens, "tokens" | "logprobs" | "startS" | "endS">;

const frameS = 0.08;
/** Smallest difference of the two largest logits for which the tokens must be the same. */
const clearGap = 0.001;
/** Largest part of the tokens that may differ in the other recordings. */
const differentMax = 0.01;
const nemo: ParakeetVariant = { frontend: "nemo" };

describe.each(Object.entries(parakeetVariants))("Parakeet on MLX (%s)", (name, variant) => {
  compareWith(name, () => subjectOf(parityShape, variant));
});

describe("Parakeet on MLX with NeMo's features", () => {
  compareWith("parity", () => subjectOf(parityShape, nemo));

  test("returns the tokens of transcribe.cpp for the same weights", () => {
    using subject = subjectOf(parityShape, nemo);
    using other = transcribeCpp(folder, "parity");
    // transcribe.cpp rounds differently, so a recording counts only if its logits differ more clearly.
    const clips = clipsOf("parity").filter(({ smallestGap }) => smallestGap > 0.03);
    expect(clips.length).toBeGreaterThan(10);
    for (const { file } of clips) expectSame(subject, other, file);
  });
});

describe("Parakeet on MLX with five beams", () => {
  compareWith("beam", () => subjectOf(parityShape, {}), { beamSize: 5 });
});

// The weights have 2.5 GB.
describe.skipIf(!isFull)("a Parakeet as large as v3 on MLX", () => {
  compareWith("full-tdt", () => subjectOf(fullShape, {}));
});

describe.skipIf(!isFull)("a Parakeet as large as v3 on MLX with NeMo's features", () => {
  compareWith("full", () => subjectOf(fullShape, nemo));

  test("returns the tokens of transcribe.cpp for the same weights", () => {
    using subject = subjectOf(fullShape, nemo);
    using other = transcribeCpp(folder, "full");
    for (const { file } of clipsOf("full")) expectSame(subject, other, file);
  });
});

function compareWith(name: string, open: () => Subject, changes: Partial<Chunk> = {}): void {
  const clips = clipsOf(name);

  test("returns the tokens, times and confidences of parakeet-mlx", () => {
    using subject = open();
    const unclear = { tokens: 0, different: 0 };
    for (const reference of clips) {
      const input = recording(reference.file);
      const result = subject.lane.recognize(subject.chunk({ input, language: -1, ...changes }));
      const found = name === "ctc" ? withoutRepetitions(result) : result;
      if (reference.smallestGap > clearGap) {
        expectTokens(found, reference, input.length / 16_000);
      } else {
        unclear.tokens += reference.ids.length;
        unclear.different += different([...found.tokens], reference.ids);
      }
    }
    expect(unclear.different).toBeLessThanOrEqual(unclear.tokens * differentMax);
  });

  test("the reference has many tokens, and other tokens for each recording", () => {
    expect(clips.length).toBeGreaterThan(2);
    expect(clips.filter(({ smallestGap }) => smallestGap > clearGap).length).toBeGreaterThan(1);
    expect(new Set(clips.map(({ ids }) => ids.join())).size).toBe(clips.length);
    expect(Math.max(...clips.map(({ ids }) => ids.length))).toBeGreaterThan(50);
    if (!["tdt", "hybrid", "parity", "full-tdt", "full"].includes(name)) return;
    expect(new Set(clips.flatMap(({ durations }) => durations))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
}

function clipsOf(name: string): readonly Reference[] {
  return references.filter(({ model }) => model === name);
}

function expectTokens(found: Found, reference: Reference, lengthS: number): void {
  const { file, ids, frames, durations, confidences } = reference;
  expect({ file, ids: [...found.tokens] }).toEqual({ file, ids });
  for (const [i, frame] of frames.entries()) {
    const startS = Math.min(frame * frameS, Math.floor(lengthS / frameS) * frameS);
    expect(found.startS[i]).toBeCloseTo(startS, 2);
    const endS = Math.min((frame + durations[i]!) * frameS, lengthS);
    expect(found.endS[i]).toBeCloseTo(Math.max(endS, startS), 2);
    const logprob = found.logprobs[i]!;
    if (!Number.isNaN(logprob)) expect(Math.exp(logprob)).toBeCloseTo(confidences[i]!, 3);
  }
}

/**
 * Joins equal tokens that follow each other, as parakeet-mlx does for CTC models even if there is a blank between them
 * (ffi/mlx/parakeet/ctc.hpp). A joined token has no confidence.
 */
function withoutRepetitions({ tokens, logprobs, startS, endS }: Found): Found {
  const first = [...tokens.keys()].filter((i) => tokens[i] !== tokens[i - 1]);
  const last = first.map((_, i) => (first[i + 1] ?? tokens.length) - 1);
  const isJoined = first.map((at, i) => last[i] !== at);
  return {
    tokens: Int32Array.from(first, (at) => tokens[at]!),
    logprobs: Float32Array.from(first, (at, i) => (isJoined[i] ? Number.NaN : logprobs[at]!)),
    startS: Float32Array.from(first, (at) => startS[at]!),
    endS: Float32Array.from(last, (at) => endS[at]!),
  };
}

/** Returns the number of positions at which two lists differ. */
function different(ids: readonly number[], others: readonly number[]): number {
  const n = Math.max(ids.length, others.length);
  return Array.from({ length: n }, (_, i) => i).filter((i) => ids[i] !== others[i]).length;
}

function expectSame(subject: Subject, other: Subject, file: string): void {
  const chunk = { input: recording(file), language: -1 };
  const { tokens, startS, endS } = subject.lane.recognize(subject.chunk(chunk));
  const theirs = other.lane.recognize(other.chunk(chunk));
  expect({ file, tokens }).toEqual({ file, tokens: theirs.tokens });
  for (const [i, start] of theirs.startS.entries()) {
    expect(startS[i]).toBeCloseTo(start, 2);
    expect(endS[i]).toBeCloseTo(theirs.endS[i]!, 2);
  }
}

let written = 0;

function subjectOf(shape: typeof parityShape, variant: ParakeetVariant): Subject {
  const path = join(folder, String(++written));
  writeParakeetFolder(path, shape, variant);
  return paritySubject({
    id: "parakeet-mlx",
    libraryPath: mlxLibrary,
    model: path,
    groups: ["recognize"],
  });
}

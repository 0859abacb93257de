/** Runs the conformance suite for Kyutai on MLX, and tests its files, its batches and its memory. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { isFull } from "../full.ts";
import { brokenKyutaiFolders } from "../mlx/broken-kyutai.ts";
import { type FeedOutcome, RawLane } from "../mlx/feed-together.ts";
import { type KyutaiShape, smallShape, turnShape } from "../mlx/kyutai/shapes.ts";
import { type Piece, pieceKind, tokenizerFile } from "../mlx/kyutai/tokenizer.ts";
import { tokenizerName, weightsName, writeKyutaiFolder } from "../mlx/kyutai/write-kyutai.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { testBackend } from "./backend.case.ts";
import { recordingAt } from "./recording.ts";
import { whiteNoise } from "./signals.ts";
import { transcribeParts } from "./stream.case.ts";
import { type BackendCase, cancelFlag, failureOf, feedOptions, Subject } from "./subject.ts";
import { joinResults } from "./timed-tokens.ts";

setDefaultTimeout(1_800_000);

const scratch = mkdtempSync(join(tmpdir(), "open-asr-kyutai-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const rate = 24_000;
const jfk = recordingAt(rate, "jfk.flac");
const clips = ["jfk.flac", "fr_demo-echotest.flac", "en_demo-moreinfo.flac"].map((name) =>
  recordingAt(rate, name).subarray(0, 4 * rate),
);

testBackend({
  ...backendOf("small", smallShape),
  skip: [{ reason: "the model is a folder", cases: ["loads a model from memory"] }],
});

describe("the files of a Kyutai model", () => {
  test.each(brokenKyutaiFolders)("are rejected with $name", ({ name, says, damage }) => {
    const path = join(scratch, `broken ${name}`);
    cpSync(join(scratch, "small"), path, { recursive: true });
    damage(path);
    const library = new EngineLibrary(mlxLibrary);
    const failure = failureOf(() => library.loadModel({ from: path, gpu: false, threads: 1 }));
    expect(failure.message).toMatch(says);
  });

  test("may have pieces for single bytes of a character", () => {
    const path = join(scratch, "bytes");
    cpSync(join(scratch, "small"), path, { recursive: true });
    const piece = (text: string, of: number): Piece => ({ text, kind: of });
    const bytes = ["<0xE2>", "<0x82>", "<0xAC>"].map((text) => piece(text, pieceKind.byte));
    const pieces = Array.from({ length: smallShape.vocabulary }, () =>
      piece("a", pieceKind.normal),
    );
    pieces.splice(4, 3, ...bytes);
    pieces.splice(7, 3, piece("\u2581\u2581b", pieceKind.normal), piece("</s>", pieceKind.control));
    pieces.splice(9, 0, piece("<0xE2>", pieceKind.normal));
    const file = tokenizerFile(smallShape.vocabulary, pieces);
    writeFileSync(join(path, tokenizerName(smallShape)), file);
    using subject = new Subject({ ...backendOf("small", smallShape), model: path });
    expect(subject.textOf(Int32Array.of(4, 5, 6, 7, 8, 9))).toBe("€  b<0xE2>");
  });

  test("name the languages of the model", () => {
    using subject = new Subject(backendOf("small", smallShape));
    expect(subject.info.languages).toEqual(["en", "fr"]);
    using english = new Subject(backendOf("turns", turnShape));
    expect(english.info.languages).toEqual(["en"]);
  });
});

describe("streams of one call", () => {
  test("return what each returns alone, though they join, stall and leave at different steps", () => {
    using subject = new Subject(backendOf("small", smallShape));
    const alone = clips.map((samples) => transcribe(subject, samples));
    using lane = new RawLane(subject);
    const streams = clips.map(() => lane.open());
    const found = clips.map((): FeedOutcome[] => []);
    // Stream i starts in turn i, gets a part in every turn, or in every second one, and ends with its samples.
    const part = Math.round(0.7 * rate);
    for (let turn = 0; turn < 30; turn++) {
      const fed = clips.flatMap((samples, i) => {
        const which = i === 1 ? (turn - i) / 2 : turn - i;
        const next = samples.subarray(which * part, (which + 1) * part);
        if (!Number.isInteger(which) || which < 0 || next.length === 0) return [];
        const isLast = (which + 1) * part >= samples.length;
        return [{ i, feed: { stream: streams[i]!, samples: next, isLast } }];
      });
      if (fed.length === 0) continue;
      const outcomes = lane.feed(fed.map(({ feed }) => feed));
      for (const [k, outcome] of outcomes.entries()) found[fed[k]!.i]!.push(outcome);
    }
    for (const [i, outcomes] of found.entries()) {
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 0));
      expectSame(joinResults(outcomes), alone[i]!);
    }
  });

  test("continue without a stream that was cancelled", () => {
    using subject = new Subject(backendOf("small", smallShape));
    const alone = clips.map((samples) => transcribe(subject, samples));
    using lane = new RawLane(subject);
    const feeds = clips.map((samples, i) => ({
      stream: lane.open(),
      samples,
      isLast: true,
      cancel: cancelFlag(i === 1 ? 1 : 0),
    }));
    const outcomes = lane.feed(feeds);
    expect(outcomes.map(({ status }) => status)).toEqual([0, -5, 0]);
    expectSame(outcomes[0]!, alone[0]!);
    expectSame(outcomes[2]!, alone[2]!);
  });

  test("may be more than one batch", () => {
    using subject = new Subject(backendOf("small", smallShape));
    const samples = clips[0]!.subarray(0, rate);
    const alone = transcribe(subject, samples);
    using lane = new RawLane(subject);
    const feeds = Array.from({ length: 70 }, () => ({
      stream: lane.open(),
      samples,
      isLast: true,
    }));
    for (const outcome of lane.feed(feeds)) expectSame(outcome, alone);
  });
});

test("the silence before the audio is not a part of the times", () => {
  const { silencePrefixS } = turnShape;
  using subject = new Subject(backendOf("turns", turnShape));
  const { startS, endS } = transcribe(subject, jfk);
  expect(silencePrefixS).toBeGreaterThan(0);
  expect(startS[0]).toBe(0);
  expect(Math.max(...endS)).toBeLessThanOrEqual(11);
});

/** Skipped in `npm test`, because it takes minutes. */
describe.skipIf(!isFull)("the memory of Kyutai on MLX", () => {
  const residentMb = (): number => {
    Bun.gc(true);
    return process.memoryUsage.rss() / 1e6;
  };

  test("does not grow during a stream of 30 minutes", () => {
    using subject = new Subject(backendOf("small", smallShape));
    const { lane } = subject;
    const stream = lane.openStream(subject.streamOptions());
    const sizes: number[] = [];
    for (let s = 0; s < 30 * 60; s += 10) {
      lane.feedStream(stream, jfk.subarray(0, 10 * rate), feedOptions());
      if (s % 300 === 0) sizes.push(residentMb());
    }
    lane.closeStream(stream);
    expect(sizes.at(-1)! - sizes[1]!).toBeLessThan(20);
  });

  test("does not grow over 200 files", () => {
    using subject = new Subject(backendOf("small", smallShape));
    const sizes: number[] = [];
    for (let file = 0; file < 200; file++) {
      transcribe(subject, clips[file % clips.length]!);
      if (file % 20 === 0) sizes.push(residentMb());
    }
    expect(sizes.at(-1)! - sizes[1]!).toBeLessThan(20);
  });
});

// --- internal ---

interface Tokens {
  readonly tokens: ArrayLike<number>;
  readonly logprobs: ArrayLike<number>;
  readonly startS: ArrayLike<number>;
}

/** The products of a batch are rounded in another way than those of a single stream. */
function expectSame(found: Tokens, alone: Tokens): void {
  expect(Array.from(found.tokens)).toEqual(Array.from(alone.tokens));
  expect(Array.from(found.startS)).toEqual(Array.from(alone.startS));
  for (const [i, logprob] of Array.from(found.logprobs).entries()) {
    expect(logprob).toBeCloseTo(alone.logprobs[i]!, 3);
  }
}

function transcribe(subject: Subject, samples: Float32Array) {
  return joinResults(transcribeParts(subject, [samples]));
}

function backendOf(name: string, shape: KyutaiShape): BackendCase {
  const model = join(scratch, name);
  writeKyutaiFolder(model, shape);
  return {
    id: `kyutai-mlx (${name})`,
    libraryPath: mlxLibrary,
    model,
    weightsFile: weightsName(shape),
    speech: jfk.subarray(0, 5 * rate),
    busy: whiteNoise(40),
    groups: ["stream"],
    separatesEncoder: false,
    isWhisper: false,
    language: "en",
    says: null,
    skip: [],
  };
}

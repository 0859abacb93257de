import { describe, expect, test } from "bun:test";
import { cutSegments } from "../../../src/runner/whisper/segments.ts";
import { at, info } from "./model.ts";

const cut = (tokens: readonly number[], chunkS: number) => {
  const { segments, consumedS } = cutSegments(tokens, chunkS, info);
  const spans = segments.map(({ startS, endS, tokens: own }) => ({
    span: [startS, endS],
    text: own.filter((id) => id < info.tokenTextEnd),
  }));
  return { spans, consumedS };
};

describe("cutSegments()", () => {
  test("cuts between two timestamps that follow each other", () => {
    const tokens = [at(0), 1, 2, at(3), at(3.4), 3, at(6)];
    expect(cut(tokens, 10)).toEqual({
      spans: [
        { span: [0, 3], text: [1, 2] },
        { span: [3.4, 6], text: [3] },
      ],
      consumedS: 10,
    });
  });

  test("gives each segment the log-probabilities of its tokens, if they are given", () => {
    const tokens = [at(0), 1, 2, at(3), at(3.4), 3, at(6)];
    const { segments } = cutSegments(tokens, 10, info, [-1, -2, -3, -4, -5, -6, -7]);
    expect(segments.map(({ logprobs }) => logprobs)).toEqual([
      [-1, -2, -3, -4],
      [-5, -6, -7],
    ]);
    expect(cutSegments(tokens, 10, info).segments[0]).not.toHaveProperty("logprobs");
  });

  test("ends a single segment without an end at the end of the chunk", () => {
    expect(cut([at(1), 1, 2], 10)).toEqual({
      spans: [{ span: [1, 10], text: [1, 2] }],
      consumedS: 10,
    });
    expect(cut([1, 2], 10)).toEqual({ spans: [{ span: [0, 10], text: [1, 2] }], consumedS: 10 });
  });

  test("does not consume a last segment without an end, so that the next decoding starts with it", () => {
    const tokens = [at(0), 1, at(3), at(4), 2];
    expect(cut(tokens, 10)).toEqual({ spans: [{ span: [0, 3], text: [1] }], consumedS: 4 });
    // After 4 s, only 0.3 s of this chunk remain. This is too short to be decoded again, so the last segment ends with
    // the chunk.
    expect(cut(tokens, 4.3)).toEqual({
      spans: [
        { span: [0, 3], text: [1] },
        { span: [4, 4.3], text: [2] },
      ],
      consumedS: 4.3,
    });
  });

  test("keeps times inside the chunk, and lets no segment end before it starts", () => {
    expect(cut([at(1), 1, at(12)], 5).spans).toEqual([{ span: [1, 5], text: [1] }]);
    expect(cut([at(4), 1, at(2)], 5).spans).toEqual([{ span: [4, 4], text: [1] }]);
    expect(cut([at(7), 1, at(8)], 5).spans).toEqual([{ span: [5, 5], text: [1] }]);
  });

  test("drops segments without text", () => {
    expect(cut([at(0), at(2), at(2), 1, at(4)], 5).spans).toEqual([{ span: [2, 4], text: [1] }]);
    expect(cut([at(0), at(5)], 5)).toEqual({ spans: [], consumedS: 5 });
    expect(cut([], 5)).toEqual({ spans: [], consumedS: 5 });
  });

  test("returns one segment for a model without timestamps", () => {
    const plain = { ...info, tokenTimestampBegin: -1 };
    const { segments, consumedS } = cutSegments([1, 2, 3], 8, plain);
    expect(segments).toEqual([{ startS: 0, endS: 8, tokens: [1, 2, 3] }]);
    expect(consumedS).toBe(8);
  });

  test("always consumes a part of the chunk, so that decoding ends", () => {
    for (const tokens of [
      [at(0), 1, at(0), at(0), 2],
      [at(0), at(0), 1],
      [at(9), at(9), 1],
    ]) {
      expect(cut(tokens, 9).consumedS).toBeGreaterThan(0);
    }
  });
});

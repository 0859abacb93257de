/** Tests the attempts to decode a chunk: which attempts are made, in which order, and which result is used. */
import { expect, test } from "bun:test";
import { type Answer, decodeWith, type Decoding } from "./decoding.ts";
import { modelOf } from "./model.ts";

const model = modelOf([" fine", " la", ...Array.from({ length: 40 }, (_, n) => ` w${n}`)]);

const decode = (
  answers: readonly Answer[],
  chunk: Decoding["chunk"] = {},
  fallback = true,
  speech: Decoding["speech"] = null,
) => decodeWith(model, answers, { chunk, fallback, speech });

const unlikely = (avgLogprob: number): Answer => ({ avgLogprob });
const looped: Answer = { tokens: Array.from({ length: 60 }, () => 1), avgLogprob: -0.1 };

const cutOff: Answer = { ...looped, isComplete: false };

test("a good first result is accepted", async () => {
  const { decoded, asked } = await decode([{}]);
  expect(asked).toEqual([{ windowS: 15.36, temperature: 0, seed: 0 }]);
  expect(decoded).toMatchObject({ avgLogprob: -0.2, text: " fine", isComplete: true });
  expect(decoded.attempt).toEqual({ windowS: 15.36, temperature: 0 });
});

test("an unlikely result of a cut window is decoded again with the full window, before any sampling", async () => {
  const { decoded, asked } = await decode([unlikely(-0.6), unlikely(-0.8)]);
  expect(asked).toEqual([
    { windowS: 15.36, temperature: 0, seed: 0 },
    { windowS: 30, temperature: 0, seed: 1 },
  ]);
  expect(decoded.attempt).toEqual({ windowS: 30, temperature: 0 });
  // The decoder uses the result of the full window, although the result of the shortened window had a higher
  // log-probability.
  expect(decoded.avgLogprob).toBe(-0.8);
});

test("an unlikely result is sampled at rising temperatures, each with its own seed, until it is good", async () => {
  const { decoded, asked } = await decode(
    [unlikely(-1.2), unlikely(-1.3), unlikely(-1.1), unlikely(-0.9)],
    { windowS: 30 },
  );
  expect(asked.map(({ temperature }) => temperature)).toEqual([0, 0.2, 0.4, 0.6]);
  expect(new Set(asked.map(({ seed }) => seed)).size).toBe(4);
  expect(decoded.attempt.temperature).toBe(0.6);
  expect(decoded.avgLogprob).toBe(-0.9);
});

test("of results that all look wrong, the likeliest one without a repetition counts", async () => {
  const all = [looped, looped, unlikely(-1.5), unlikely(-1.2), looped, unlikely(-1.4), looped];
  const { decoded, asked } = await decode(all);
  expect(asked).toHaveLength(7);
  expect(decoded.avgLogprob).toBe(-1.2);
  expect(decoded.attempt).toEqual({ windowS: 30, temperature: 0.4 });
});

test("the result of a cut window does not compete with those of the full window", async () => {
  const cut = { ...unlikely(-1.1) };
  const full = [-1.6, -1.5, -1.7, -1.8, -1.9, -2].map(unlikely);
  const { decoded } = await decode([cut, ...full]);
  expect(decoded.attempt.windowS).toBe(30);
  expect(decoded.avgLogprob).toBe(-1.5);
});

test("without fallback, or with a temperature in the request, the decoder does not sample again", async () => {
  const off = await decode([unlikely(-3)], { windowS: 30 }, false);
  expect(off.asked).toHaveLength(1);
  const warm = await decode([unlikely(-3)], { windowS: 30, temperature: 0.4 });
  expect(warm.asked).toEqual([{ windowS: 30, temperature: 0.4, seed: 0 }]);
});

test("a result that the model calls silence is not sampled", async () => {
  const { asked } = await decode([{ avgLogprob: -2, noSpeechProb: 0.9 }], { windowS: 30 });
  expect(asked).toHaveLength(1);
});

test("decoding ends after four full-window results that the length limit cut off", async () => {
  const { decoded, asked } = await decode(Array.from({ length: 5 }, () => cutOff));
  expect(asked.map(({ windowS, temperature }) => [windowS, temperature])).toEqual([
    [15.36, 0],
    [30, 0],
    [30, 0.2],
    [30, 0.4],
    [30, 0.6],
  ]);
  expect(decoded.isComplete).toBe(false);
});

test("a complete loop has priority over a result that the length limit cut off", async () => {
  const complete = { ...looped, avgLogprob: -0.4 };
  const { decoded } = await decode([cutOff, complete, cutOff, cutOff, cutOff], { windowS: 30 });
  expect(decoded.avgLogprob).toBe(-0.4);
});

test("a sample that leaves out most of the speech does not replace a loop of likely words", async () => {
  const speech = [{ startS: 0, endS: 8 }];
  const { decoded, asked } = await decode([looped, {}], { windowS: 30 }, true, speech);
  expect(asked).toHaveLength(2);
  expect(decoded.attempt.temperature).toBe(0);
});

test("a sample of few words replaces a loop if there is little speech, or if the speech is unknown", async () => {
  const speech = [{ startS: 0, endS: 0.5 }];
  const little = await decode([looped, {}], { windowS: 30 }, true, speech);
  expect(little.decoded.text).toBe(" fine");
  expect((await decode([looped, {}], { windowS: 30 })).decoded.text).toBe(" fine");
});

test("an error of the engine ends the decoding", async () => {
  expect(await decode([]).catch(({ message }) => message)).toBe("No answer is left");
});

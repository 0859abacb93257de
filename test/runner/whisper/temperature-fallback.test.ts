import { describe, expect, test } from "bun:test";
import {
  type Evidence,
  firstWindowS,
  isBetter,
  isSilent,
  judge,
} from "../../../src/runner/whisper/temperature-fallback.ts";

const good: Evidence = {
  text: " And so, my fellow Americans, ask not what your country can do for you.",
  avgLogprob: -0.3,
  noSpeechProb: 0.01,
  isComplete: true,
  keptPerSecond: null,
  isSpokenRepetition: false,
};
const loop = " Thank you for watching.".repeat(20);
const rule = { mode: "auto", windowMaxS: 30, windowStepS: 1.28 } as const;

describe("firstWindowS()", () => {
  test.each([
    [0.1, 15.36],
    [11, 15.36],
    [14.08, 15.36],
    [14.1, 16.64],
    [20, 21.76],
    [28.5, 30],
    [30, 30],
  ])("for a chunk of %p s is %p s", (chunkS, windowS) => {
    expect(firstWindowS(chunkS, rule)).toBeCloseTo(windowS, 6);
  });

  test("is the full window if the settings say so, or if the model has no shorter one", () => {
    expect(firstWindowS(5, { ...rule, mode: "full" })).toBe(30);
    expect(firstWindowS(5, { ...rule, windowStepS: 0 })).toBe(30);
  });
});

const fallbackOn = { windowMaxS: 30, temperatureFallback: true } as const;

describe("judge()", () => {
  const cut = { windowS: 15.36, temperature: 0 };
  const full = { windowS: 30, temperature: 0 };
  const accepted = { accepted: true, next: null };

  test("without fallback, accepts a bad result of the full window, but not of a cut window", () => {
    const off = { ...fallbackOn, temperatureFallback: false };
    const wrong = { ...good, avgLogprob: -2 };
    expect(judge(full, wrong, 0, off)).toEqual(accepted);
    expect(judge(cut, wrong, 0, off).next).toEqual({ windowS: 30, temperature: 0 });
  });

  test("accepts a good result", () => {
    expect(judge(cut, good, 0, fallbackOn)).toEqual(accepted);
    expect(judge(full, good, 0, fallbackOn)).toEqual(accepted);
  });

  test.each([
    ["repeats itself", { text: loop }],
    ["says five words twice", { text: " one two three four five six one two three four five" }],
    ["is slightly unlikely", { avgLogprob: -0.51 }],
    ["is cut off by the length limit", { isComplete: false }],
  ])("decodes with the full window after a cut window whose result %s", (_how, wrong) => {
    const verdict = judge(cut, { ...good, ...wrong }, 0, fallbackOn);
    expect(verdict).toEqual({ accepted: false, next: full });
  });

  test("accepts a text that is said twice, and a slightly unlikely one, from the full window", () => {
    const twice = { ...good, text: " one two three four five six one two three four five" };
    expect(judge(full, twice, 0, fallbackOn)).toEqual(accepted);
    expect(judge(full, { ...good, avgLogprob: -0.99 }, 0, fallbackOn)).toEqual(accepted);
  });

  test.each([
    ["repeats itself", { text: loop }],
    ["is unlikely", { avgLogprob: -1.01 }],
    ["is cut off by the length limit", { isComplete: false }],
  ])("samples at rising temperatures while the result %s", (_how, wrong) => {
    const tried: number[] = [];
    let attempt: typeof full | null = full;
    while (attempt !== null) {
      tried.push(attempt.temperature);
      const verdict = judge(attempt, { ...good, ...wrong }, 0, fallbackOn);
      expect(verdict.accepted).toBe(false);
      attempt = verdict.next;
    }
    expect(tried).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  test("accepts a spoken repetition after a decoding with the full window", () => {
    const spoken = { ...good, text: loop, isSpokenRepetition: true };
    expect(judge(cut, spoken, 0, fallbackOn)).toEqual({ accepted: false, next: full });
    expect(judge(full, spoken, 0, fallbackOn)).toEqual(accepted);
    const sampled = { windowS: 30, temperature: 0.2 };
    expect(judge(sampled, spoken, 0, fallbackOn)).toEqual(accepted);
  });

  test.each([
    ["is unlikely", { avgLogprob: -1.01 }],
    ["is cut off by the length limit", { isComplete: false }],
  ])("samples a spoken repetition that %s", (_how, wrong) => {
    const spoken = { ...good, text: loop, isSpokenRepetition: true, ...wrong };
    expect(judge(full, spoken, 0, fallbackOn).accepted).toBe(false);
  });

  test("does not change the temperature that the request gives", () => {
    const asked = { windowS: 30, temperature: 0.4 };
    expect(judge(asked, { ...good, text: loop }, 0.4, fallbackOn)).toEqual(accepted);
    const shorter = { ...asked, windowS: 15.36 };
    expect(judge(shorter, { ...good, text: loop }, 0.4, fallbackOn)).toEqual({
      accepted: false,
      next: asked,
    });
  });

  test("accepts silence from the full window", () => {
    const silence = { ...good, text: " you", avgLogprob: -1.5, noSpeechProb: 0.9 };
    expect(judge(full, silence, 0, fallbackOn)).toEqual(accepted);
  });
});

test.each([
  [0.61, -1.1, true],
  [0.59, -1.1, false],
  [0.61, -0.9, false],
])(
  "isSilent(): no-speech probability %p at log-probability %p gives %p",
  (noSpeechProb, avgLogprob, silent) => {
    expect(isSilent({ ...good, noSpeechProb, avgLogprob })).toBe(silent);
  },
);

test("isBetter() prefers a result without repetition, then the likelier one", () => {
  const sure = { ...good, avgLogprob: -0.1 };
  expect(isBetter(sure, good)).toBe(true);
  expect(isBetter(good, sure)).toBe(false);
  expect(isBetter(good, { ...sure, text: loop })).toBe(true);
  expect(isBetter({ ...sure, text: loop, isSpokenRepetition: true }, good)).toBe(true);
  expect(isBetter({ ...sure, isComplete: false }, good)).toBe(false);
});

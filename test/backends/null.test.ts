/**
 * Runs the conformance suite with the null engine, and checks the exact tokens of its transducer and streaming models.
 */
import { describe, expect, test } from "bun:test";
import { testBackend } from "./backend.case.ts";
import { builtLibrary } from "./built.ts";
import { join, levels, silence, tone } from "./signals.ts";
import { type BackendCase, feedOptions, Subject } from "./subject.ts";
import { joinResults } from "./timed-tokens.ts";

const libraryPath = builtLibrary("null");
const noFile = {
  reason: "it has no model file",
  cases: ["rejects a model that is cut short, wherever it is cut", "loads a model from memory"],
};

testBackend({
  id: "null:echo",
  libraryPath,
  model: "echo",
  groups: ["prompted"],
  separatesEncoder: false,
  isWhisper: true,
  speech: tone(3),
  language: "en",
  says: null,
  skip: [
    noFile,
    { reason: "it does not sample", cases: ["samples the same text for the same seed"] },
    { reason: "it has a single window", cases: ["decodes with windows of several lengths"] },
    {
      reason: "it has no encoder",
      cases: ["stops inside its encoder after a cancel and stays usable"],
    },
    {
      reason: "it accepts every language index",
      cases: ["rejects a language that it lacks"],
    },
    {
      reason: "it has two languages of Whisper only",
      cases: ["reports the languages that requests can name"],
    },
    { reason: "its prompts are commands", cases: ["does not use the prompt of the chunk before"] },
  ],
});

/**
 * Audio of the text " bd e. c": two words, the end of a sentence, and the start of the next sentence. Each pair
 * contains the duration of a tone in seconds and its peak value.
 */
const sentence = [
  [0.8, 0],
  [0.4, 0.15],
  [0.32, 0.35],
  [0.24, 0],
  [0.4, 0.45],
  [0.16, 0.95],
  [0.4, 0],
  [0.32, 0.25],
] as const;
const says = /^ bd e\. c$/u;

const transducer: BackendCase = {
  id: "null:transducer",
  libraryPath,
  model: "transducer",
  groups: ["recognize"],
  separatesEncoder: false,
  isWhisper: false,
  speech: levels(sentence),
  busy: levels([[4, 1.5]]),
  language: "en",
  says,
  skip: [noFile],
};
testBackend(transducer);

const streaming: BackendCase = {
  ...transducer,
  id: "null:streaming",
  model: "streaming",
  groups: ["stream"],
  separatesEncoder: false,
  speech: levels(sentence, 24_000),
  busy: levels([[4, 1.5]], 24_000),
};
testBackend(streaming);

/** Expected tokens: text, start and end in seconds, and probability. */
const expected = [
  [" b", 0.8, 1.2, 0.15],
  ["d", 1.2, 1.52, 0.35],
  [" e", 1.76, 2.16, 0.45],
  [".", 2.16, 2.32, 0.95],
  [" c", 2.72, 3.04, 0.25],
] as const;

describe("null:transducer", () => {
  test("gives each token the time and the level of its audio", () => {
    using subject = new Subject(transducer);
    expect(tokensOf(subject, [subject.lane.recognize(subject.chunk())])).toEqual(rounded(expected));
  });

  test("gives the same text wherever its frames start, with times that differ by less than a frame", () => {
    using subject = new Subject(transducer);
    for (const shift of [1, 100, 640, 1279]) {
      const input = join([silence(0.08).subarray(0, shift), transducer.speech]);
      const { tokens, startS, endS } = subject.lane.recognize(subject.chunk({ input }));
      expect(subject.textOf(tokens)).toMatch(says);
      expected.forEach(([, start, end], i) => {
        expect(Math.abs(startS[i]! - shift / 16_000 - start)).toBeLessThan(0.08);
        expect(Math.abs(endS[i]! - shift / 16_000 - end)).toBeLessThan(0.08);
      });
    }
  });

  test("ends its last token with the audio, inside a frame", () => {
    using subject = new Subject(transducer);
    const { endS } = subject.lane.recognize(subject.chunk({ input: levels([[0.1, 0.5]]) }));
    expect([...endS].map((end) => end.toFixed(4))).toEqual(["0.1000"]);
  });
});

describe("null:streaming", () => {
  test("returns each token 6 frames after its end, with the times of its audio, and the remaining tokens at the end", () => {
    using subject = new Subject(streaming);
    const { lane } = subject;
    const stream = lane.openStream(subject.streamOptions());
    const frame = 1920;
    const results = Array.from({ length: streaming.speech.length / frame }, (_, i) =>
      lane.feedStream(stream, streaming.speech.subarray(i * frame, (i + 1) * frame), feedOptions()),
    );
    // The stream returns a token when it receives the 6th frame after the last frame of the token. A frame is 80 ms
    // long.
    const known = results.flatMap(({ tokens }, i) => [...tokens].map(() => i + 1));
    expect(known).toEqual([1.2, 1.52, 2.16, 2.32].map((end) => Math.round(end / 0.08) + 6));
    results.push(lane.feedStream(stream, new Float32Array(0), feedOptions({ isLast: true })));
    lane.closeStream(stream);
    expect(results.at(-1)!.tokens).toHaveLength(1);
    expect(tokensOf(subject, results)).toEqual(rounded(expected));
  });
});

// --- internal ---

type Token = readonly [text: string, start: number, end: number, probability: number];

function tokensOf(subject: Subject, results: Parameters<typeof joinResults>[0]) {
  const { tokens, startS, endS, logprobs } = joinResults(results);
  return rounded(
    tokens.map((id, i): Token => {
      const text = Buffer.from(subject.model.tokenBytes(id)).toString();
      return [text, startS[i]!, endS[i]!, Math.exp(logprobs[i]!)];
    }),
  );
}

function rounded(tokens: readonly Token[]) {
  return tokens.map(([text, ...numbers]) => [text, ...numbers.map((n) => n.toFixed(3))]);
}

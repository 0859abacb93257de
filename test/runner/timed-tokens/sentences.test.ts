/** Tests the division of words into segments, and the fields of the segments. */
import { expect, test } from "bun:test";
import { SentenceSplitter, toTranscript } from "../../../src/runner/timed-tokens/sentences.ts";
import { SpeechRecord } from "../../../src/runner/audio/speech-record.ts";
import { compressionRatio } from "../../../src/transcript/compression-ratio.ts";
import type { TimedWord } from "../../../src/runner/timed-tokens/words.ts";

const word = (text: string, startS: number, endS = startS + 0.5): TimedWord => ({
  text: ` ${text}`,
  startS,
  endS,
  tokens: [startS],
  logprobs: [-1],
});

function split(...words: TimedWord[]): string[] {
  const splitter = new SentenceSplitter();
  const sentences = [...splitter.push(words), ...splitter.flush()];
  return sentences.map((one) => one.map(({ text }) => text).join(""));
}

test.each([".", "!", "?", "…", '."', "。", ".)"])("a word with %s ends a sentence", (marks) => {
  expect(split(word(`so${marks}`, 0), word("it", 1), word("is", 2))).toEqual([
    ` so${marks}`,
    " it is",
  ]);
});

test("other marks do not end a sentence", () => {
  expect(split(word("so,", 0), word("3.5", 1), word("it:", 2))).toEqual([" so, 3.5 it:"]);
});

test("a pause of more than 1 s ends a segment, a shorter one does not", () => {
  expect(split(word("one", 0, 1), word("two", 2, 3), word("three", 4.1))).toEqual([
    " one two",
    " three",
  ]);
});

test("speech without punctuation and pauses gives segments of at most 30 s", () => {
  const words = Array.from({ length: 100 }, (_, n) => word(String(n), n, n + 1));
  const splitter = new SentenceSplitter();
  const sentences = [...splitter.push(words), ...splitter.flush()];
  expect(sentences.flat()).toEqual(words);
  expect(sentences.map((one) => one.length)).toEqual([30, 30, 30, 10]);
});

test("a sentence is returned as soon as its last word arrives", () => {
  const splitter = new SentenceSplitter();
  expect(splitter.push([word("so", 0)])).toEqual([]);
  expect(splitter.push([word("it", 1)])).toEqual([]);
  expect(splitter.push([word("is.", 2)])).toHaveLength(1);
  expect(splitter.flush()).toEqual([]);
  expect(splitter.push([word("next", 3)])).toEqual([]);
  expect(splitter.flush()).toHaveLength(1);
});

const audio = { startS: 60, temperature: 0, speech: new SpeechRecord(), vocabulary: null };

test("a segment has all fields of a Whisper segment, computed from its tokens, its text and the voice activity", () => {
  const words = [
    { text: " so", startS: 1, endS: 2, tokens: [7, 8], logprobs: [-1, -2] },
    { text: " it.", startS: 2.5, endS: 3, tokens: [9], logprobs: [-6] },
  ];
  const segment = {
    startS: 61,
    endS: 63,
    text: " so it.",
    tokens: [7, 8, 9],
    temperature: 0,
    avgLogprob: -3,
    compressionRatio: compressionRatio("so it."),
    seekS: 60,
  };
  const speech = new SpeechRecord();
  // Each window is 32 ms long. The windows inside the segment (61 to 63 s) have the probability 0.75.
  const firstWindow = Math.floor(61 / 0.032);
  const probs = Float32Array.from({ length: 100 }, (_, n) => (n * 0.032 <= 2.032 ? 0.75 : 0));
  speech.add({ firstWindow, probs });
  expect(toTranscript([words], { ...audio, speech }).segments).toEqual([
    { ...segment, noSpeechProb: 0.25 },
  ]);
  expect(toTranscript([words], audio)).toEqual({
    segments: [segment],
    words: [
      { text: "so", startS: 61, endS: 62 },
      { text: "it.", startS: 62.5, endS: 63 },
    ],
  });
});

test("with a vocabulary, a segment has its tokens with their bytes and log-probabilities", () => {
  const words = [{ text: " so", startS: 1, endS: 2, tokens: [7, 8], logprobs: [-1, -2] }];
  const vocabulary = { tokenBytes: (id: number) => Uint8Array.of(id) };
  expect(toTranscript([words], { ...audio, vocabulary }).segments[0]?.logprobs).toEqual([
    { bytes: [7], logprob: -1 },
    { bytes: [8], logprob: -2 },
  ]);
});

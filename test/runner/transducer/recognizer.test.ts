/**
 * Tests a transducer session. Each chunk of the session may run on any lane. Covers words at the ends of chunks, fields
 * of segments, and capabilities.
 */
import { expect, test } from "bun:test";
import type { Model } from "../../../src/runner/engine/asr-model.ts";
import {
  type AudioChunk as Input,
  callGroup,
  capability,
} from "../../../src/runner/engine/asr-structs.ts";
import { TransducerRecognizer } from "../../../src/runner/transducer/recognizer.ts";
import { compressionRatio } from "../../../src/transcript/compression-ratio.ts";
import { errorOf } from "../../errors.ts";
import { plainOptions } from "../../ipc/plain-job.ts";
import { chunkAt, Gates, jobLanes, lanesOf } from "../job.ts";
import { recognized, tokenOf, vocabulary } from "../timed-tokens/tokens.ts";
import { info } from "../whisper/model.ts";

const modelOf = (languages: string[], capabilities: number = capability.tokenTimes) =>
  ({
    info: {
      ...info,
      frameS: 0.08,
      groups: callGroup.recognize,
      capabilities,
      windowMaxS: 120,
      languages,
    },
    tokenBytes: vocabulary.tokenBytes,
  }) as unknown as Model;

const start = { options: plainOptions, from: null, cancelFlag: new Int32Array(1) };

test("each chunk returns its sentences in order, with times counted from the start of the file and with real fields", async () => {
  const gates = new Gates();
  const recognize = async ({ id, input }: Input) => {
    await gates.pass(String(input.length));
    return recognized([` a${id}`, 0.5, 1, -1], [".", 1, 1.5, -3], [" b", 2, 2.5, -2]);
  };
  const recognizer = new TransducerRecognizer(modelOf(["en"]), 2);
  const session = recognizer.open(start, jobLanes(lanesOf({ recognize }, { recognize })));
  expect(session.language).toBeNull();
  const settled: number[] = [];
  const chunks = [chunkAt(0, 10), chunkAt(10, 20)];
  const results = chunks.map(async (chunk, n) => {
    const result = await session.push(chunk);
    settled.push(n);
    return result;
  });
  gates.open("2000");
  await Bun.sleep(5);
  gates.open("1000");
  const [first, second] = await Promise.all(results);
  expect(settled).toEqual([0, 1]);
  expect(first!.segments.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^ a\d+\.$/),
    " b",
  ]);
  expect(second!.segments).toEqual([
    {
      startS: 10.5,
      endS: 11,
      text: expect.any(String),
      tokens: [expect.any(Number), tokenOf(".")],
      temperature: 0,
      avgLogprob: -2,
      compressionRatio: expect.any(Number),
      seekS: 10,
    },
    {
      startS: 12,
      endS: 12.5,
      text: " b",
      tokens: [tokenOf(" b")],
      temperature: 0,
      avgLogprob: -2,
      compressionRatio: compressionRatio("b"),
      seekS: 10,
    },
  ]);
  // The fake engine writes the id of the chunk as text, so different texts show different ids. The two chunks need
  // different ids, because an engine may use the result of one call again for later calls with the same id.
  expect(first!.segments[0]!.text).not.toBe(second!.segments[0]!.text);
  expect(second!.words).toMatchObject([{ startS: 10.5 }, { text: "b", startS: 12, endS: 12.5 }]);
  expect(second!.resume).toEqual({ language: "en", spokenS: {}, replay: 0 });
  expect(session.language).toBe("en");
});

test("the no-speech probability of a segment comes from the windows of its own times", async () => {
  const recognize = async () => recognized([" a", 0.5, 1], [" b", 3, 3.5]);
  const recognizer = new TransducerRecognizer(modelOf(["en"]), 1);
  const session = recognizer.open(start, jobLanes(lanesOf({ recognize })));
  const firstWindow = Math.floor(10 / 0.032);
  // The probability is 1 in the first two seconds, then 0.5.
  const probs = Float32Array.from({ length: 126 }, (_, n) => (n * 0.032 < 2 ? 1 : 0.5));
  const chunk = { ...chunkAt(10, 4), speechProbs: { firstWindow, probs } };
  const { segments } = await session.push(chunk);
  expect(segments.map(({ noSpeechProb }) => noSpeechProb)).toEqual([0, 0.5]);
});

test("the language is known if the request gives it, or if the only language of the model was spoken", async () => {
  const heard: number[] = [];
  const recognize = async ({ language }: Input) => {
    heard.push(language);
    return recognized([" a", 0, 1]);
  };
  const open = (languages: string[], language: string | null, segments = 0) =>
    new TransducerRecognizer(modelOf(languages), 1).open(
      {
        ...start,
        options: { ...plainOptions, language },
        from: { chunks: 1, segments, replayFrom: 1, language: null, spokenS: {} },
      },
      jobLanes(lanesOf({ recognize })),
    );
  const many = open(["en", "de"], null);
  await many.push(chunkAt(0, 1));
  expect(many.language).toBeNull();
  const asked = open(["en", "de"], "de");
  await asked.push(chunkAt(0, 1));
  expect(asked.language).toBe("de");
  expect(heard).toEqual([-1, 1]);
  expect(open(["en"], null).language).toBeNull();
  expect(open(["en"], null, 3).language).toBe("en");
});

test("a word ends with its chunk at the latest", async () => {
  const recognize = async () => recognized([" a", 0.5, 1.5]);
  const recognizer = new TransducerRecognizer(modelOf(["en"]), 1);
  const session = recognizer.open(start, jobLanes(lanesOf({ recognize })));
  const { words, segments } = await session.push(chunkAt(10, 1));
  expect(words).toEqual([{ text: "a", startS: 10.5, endS: 11 }]);
  expect(segments.map(({ endS }) => endS)).toEqual([11]);
});

test("a chunk that is too short for a word is not recognized", async () => {
  const session = new TransducerRecognizer(modelOf(["en"]), 1).open(start, jobLanes(lanesOf({})));
  expect(await session.push(chunkAt(3, 0.05))).toMatchObject({ segments: [], words: [] });
});

test("a session works on one chunk per lane, and has one more ready", () => {
  expect(new TransducerRecognizer(modelOf(["en"]), 4).chunksAtOnce).toBe(5);
});

test("without token times, the text of a chunk is one segment, and the most spoken language is that of the job", async () => {
  const heard: Pick<Input, "translate" | "language">[] = [];
  const said = [
    { text: "Guten Tag. ", language: 1 },
    { text: "Hello", language: 0 },
    { text: " ", language: 0 },
  ];
  const recognize = async ({ translate, language }: Input) => {
    heard.push({ translate, language });
    return { ...recognized(), ...said[heard.length - 1]! };
  };
  const model = modelOf(["en", "de"], capability.detectLanguage | capability.translate);
  const recognizer = new TransducerRecognizer(model, 1);
  expect(recognizer.can).toMatchObject({ words: false, detectLanguage: true, translate: true });
  const session = recognizer.open(
    { ...start, options: { ...plainOptions, task: "translate" } },
    jobLanes(lanesOf({ recognize })),
  );
  const first = await session.push(chunkAt(10, 20));
  expect(first.segments).toEqual([
    {
      startS: 10,
      endS: 30,
      text: " Guten Tag.",
      tokens: [],
      temperature: 0,
      compressionRatio: compressionRatio("Guten Tag."),
      seekS: 10,
    },
  ]);
  expect(first.words).toEqual([]);
  const second = await session.push(chunkAt(30, 5));
  expect(second.resume).toEqual({ language: "de", spokenS: { de: 20, en: 5 }, replay: 0 });
  expect((await session.push(chunkAt(35, 30))).segments).toEqual([]);
  expect(session.language).toBe("de");
  expect(heard[0]).toEqual({ translate: true, language: -1 });
});

test("log-probabilities that the model does not compute are absent", async () => {
  const recognize = async () => recognized([" a", 0, 1, Number.NaN]);
  const recognizer = new TransducerRecognizer(modelOf(["en"]), 1);
  const options = { ...plainOptions, logprobs: true };
  const session = recognizer.open({ ...start, options }, jobLanes(lanesOf({ recognize })));
  const { segments } = await session.push(chunkAt(0, 2));
  expect(segments[0]).toMatchObject({ text: " a" });
  expect(segments[0]).not.toHaveProperty("avgLogprob");
  expect(segments[0]).not.toHaveProperty("logprobs");
});

test("a choice between some languages is rejected, even if the model detects the language", () => {
  const recognizer = new TransducerRecognizer(modelOf(["en", "de"], capability.detectLanguage), 1);
  const options = { ...plainOptions, languages: ["en", "de"] };
  const error = errorOf(() => recognizer.open({ ...start, options }, null as never));
  expect(error).toMatchObject({ code: "unsupported_value", param: "languages" });
});

test("a request that the model cannot serve is rejected, and the error contains the parameter's name", () => {
  const recognizer = new TransducerRecognizer(modelOf(["en", "de"]), 1);
  const paramOf = (more: object) =>
    errorOf(() =>
      recognizer.open({ ...start, options: { ...plainOptions, ...more } }, null as never),
    ).param;
  expect(paramOf({ prompt: "Dear" })).toBe("prompt");
  expect(paramOf({ keywords: ["Ann"] })).toBe("keywords");
  expect(paramOf({ temperature: 0.5 })).toBe("temperature");
  expect(paramOf({ language: "fr" })).toBe("language");
  expect(recognizer.needs).toEqual({
    sampleRate: 16000,
    chunkMaxS: 120,
    speechOnly: true,
    speechSpans: false,
    speechProbs: true,
    framesPerS: 12.5,
  });
});

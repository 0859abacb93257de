/** Tests transcriptions by the executable with OpenAI's client: every response format and every option. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import type {
  TranscriptionCreateParamsNonStreaming,
  TranscriptionVerbose,
} from "openai/resources/audio/transcriptions";
import { contractErrors } from "../contract/contract.ts";
import { isFull } from "../full.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);

const jfkPath = join(repository, "test/audio/jfk.flac");
const spanishPath = join(repository, "test/audio/es_demo-enterkeywords.flac");
const shortPath = join(repository, "test/audio/en_agent-user.flac");
const jfkWords =
  "and so my fellow americans ask not what your country can do for you " +
  "ask what you can do for your country";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

type Options = Omit<Partial<TranscriptionCreateParamsNonStreaming>, "file" | "response_format">;

const params = (path: string, options: Options) => ({
  model: "base",
  ...options,
  file: createReadStream(path),
});
const transcriptions = () => server.client().audio.transcriptions;
const create = (path: string, options: Options = {}) =>
  transcriptions().create(params(path, options));
const createVerbose = (path: string, options: Options = {}) =>
  transcriptions().create({ ...params(path, options), response_format: "verbose_json" });
const createText = (path: string, format: "text" | "srt" | "vtt") =>
  transcriptions().create({ ...params(path, {}), response_format: format });

test("json has the text and the duration of the audio", async () => {
  const answer = await create(jfkPath);
  expect(contractErrors("CreateTranscriptionResponseJson", answer)).toBeNull();
  expect(normalisedWords(answer.text).join(" ")).toBe(jfkWords);
  expect(answer.text).toBe(answer.text.trim());
  expect(answer.usage).toEqual({ type: "duration", seconds: 11 });
});

test("verbose_json has segments and words with times", async () => {
  const answer = await jfkVerbose();
  expect(contractErrors("CreateTranscriptionResponseVerboseJson", answer)).toBeNull();
  expect(answer).toMatchObject({ task: "transcribe", language: "english", duration: 11 });

  const { words = [], segments = [] } = answer;
  expect(normalisedWords(words.map(({ word }) => word).join(" ")).join(" ")).toBe(jfkWords);
  expect(
    segments
      .map(({ text }) => text)
      .join("")
      .trim(),
  ).toBe(answer.text);
  expect(segments.map(({ id }) => id)).toEqual(segments.map((_, index) => index));
  for (const segment of segments) {
    expect(segment.end).toBeGreaterThan(segment.start);
    expect(segment.avg_logprob).toBeGreaterThan(-1);
    expect(segment.avg_logprob).toBeLessThan(0);
    expect(segment.no_speech_prob).toBeLessThan(0.6);
    expect(segment.compression_ratio).toBeGreaterThan(0.5);
    expect(segment.temperature).toBe(0);
    expect(segment.tokens.length).toBeGreaterThan(3);
  }
  expectOrder(segments, answer.duration);
  expectOrder(words, answer.duration);
  for (const word of words) {
    const around = segments.filter(({ start, end }) => start <= word.start && word.end <= end);
    expect(around).toHaveLength(1);
  }
});

// The expected times in seconds were read from the waveform. These words are next to pauses or have clear consonants.
test.each([
  ["americans", 1, 1.6, 2.15],
  ["ask", 1, 3.3, 3.8],
  ["country", 1, 5.95, 6.4],
  ["ask", 2, 8.2, 8.5],
  ["country", 2, 9.85, 10.4],
] as const)(
  "the word %p (occurrence %i) has the times at which it is spoken",
  async (said, nth, startS, endS) => {
    const { words = [] } = await jfkVerbose();
    const heard = words.filter(({ word }) => normalisedWords(word)[0] === said)[nth - 1];
    expect(Math.abs(heard!.start - startS)).toBeLessThan(0.3);
    expect(Math.abs(heard!.end - endS)).toBeLessThan(0.3);
  },
);

test.each([
  [["word"], true, false],
  [["segment"], false, true],
  [[], false, true],
] as const)(
  "the granularities %j give words %p, segments %p",
  async (granularities, words, segments) => {
    const answer = await createVerbose(shortPath, {
      timestamp_granularities: [...granularities],
      language: "en",
    });
    expect(contractErrors("CreateTranscriptionResponseVerboseJson", answer)).toBeNull();
    expect(Array.isArray(answer.words)).toBe(words);
    expect(Array.isArray(answer.segments)).toBe(segments);
  },
);

test("text has only the text, srt and vtt have cues in order", async () => {
  const [text, srt, vtt] = await Promise.all([
    createText(jfkPath, "text"),
    createText(jfkPath, "srt"),
    createText(jfkPath, "vtt"),
  ]);
  expect(normalisedWords(text).join(" ")).toBe(jfkWords);
  expect(text).toBe(text.trim());

  const cues = srt
    .trim()
    .split("\n\n")
    .map((cue) => cue.split("\n"));
  for (const [index, [number, times]] of cues.entries()) {
    expect(number).toBe(String(index + 1));
    expect(times).toMatch(/^00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}$/);
  }
  expect(normalisedWords(cues.map((cue) => cue[2]).join(" ")).join(" ")).toBe(jfkWords);

  const [header, ...blocks] = vtt.trim().split("\n\n");
  expect(header).toBe("WEBVTT");
  expect(blocks).toHaveLength(cues.length);
  for (const block of blocks) {
    expect(block).toMatch(/^00:00:\d\d\.\d{3} --> 00:00:\d\d\.\d{3}\n\S.+$/);
  }
});

test("the server detects the language or uses the one that the request gives", async () => {
  const detected = await createVerbose(spanishPath);
  expect(detected.language).toBe("spanish");
  expect(normalisedWords(detected.text)).toContain("asterisco");
  const given = await createVerbose(spanishPath, { language: "es" });
  expect(given.text).toBe(detected.text);
  // With language=en, Whisper writes English text for Spanish speech. So a different text shows that the model received
  // the field.
  const wrong = await createVerbose(spanishPath, { language: "en" });
  expect(wrong.language).toBe("english");
  expect(wrong.text).not.toBe(given.text);
});

test("detection chooses from the languages that the request gives", async () => {
  const among = async (languages: string[]) =>
    (await createVerbose(spanishPath, { languages })).language;
  expect(await among(["en", "es", "de"])).toBe("spanish");
  expect(["german", "english"]).toContain(await among(["en", "de"]));
});

test("the prompt makes the model write names as the prompt does", async () => {
  const path = join(repository, "test/audio/en_demo-thanks.flac");
  const prompt = "ASTERISK IS A PBX. CALL ASTERISK NOW. GOODBYE.";
  const [plain, prompted] = await Promise.all([
    create(path, { language: "en" }),
    create(path, { language: "en", prompt }),
  ]);
  expect(plain.text).not.toContain("ASTERISK");
  expect(prompted.text).toContain("ASTERISK");
});

// The conformance suite tokenizes both characters, so `npm test` runs this test with only one of them.
test.each(isFull ? ["a", "我"] : ["a"])(
  "the server accepts a prompt of 64 KiB of %s without a space",
  async (character) => {
    const prompt = character.repeat(65_536 / Buffer.byteLength(character));
    await create(shortPath, { language: "en" });
    const before = server.runners();
    expect(typeof (await create(shortPath, { language: "en", prompt })).text).toBe("string");
    expect(server.runners()).toEqual(before);
  },
);

test("with a temperature above 0 the decoder samples, and each segment has that temperature", async () => {
  const answer = await createVerbose(shortPath, {
    temperature: 0.4,
    language: "en",
  });
  expect(answer.segments?.map(({ temperature }) => temperature)).toEqual([0.4]);
  expect(normalisedWords(answer.text)).toContain("pound");
});

test("the starter model has several names, is the default, and is loaded once", async () => {
  const names = ["base", "openai/whisper-base", "whisper-1", "gpt-4o-transcribe"];
  const answers = await Promise.all([
    ...names.map((model) => create(shortPath, { model, language: "en" })),
    server
      .post(formOf({ file: Bun.file(shortPath), language: "en" }))
      .then((response) => response.json() as Promise<{ text: string }>),
  ]);
  for (const { text } of answers) expect(normalisedWords(text)).toContain("pound");
  expect(server.runners()).toHaveLength(1);
});

// --- internal ---

let jfk: Promise<TranscriptionVerbose> | null = null;

/**
 * Returns the response for jfk.flac. The tests that only read the response share it, so the request is sent only once.
 */
function jfkVerbose(): Promise<TranscriptionVerbose> {
  jfk ??= createVerbose(jfkPath, { timestamp_granularities: ["word", "segment"] });
  return jfk;
}

/** Expects that each span starts at or after the end of the previous span. */
function expectOrder(spans: readonly { start: number; end: number }[], durationS: number): void {
  let fromS = 0;
  for (const { start, end } of spans) {
    expect(start).toBeGreaterThanOrEqual(fromS);
    expect(end).toBeGreaterThanOrEqual(start);
    fromS = end;
  }
  expect(fromS).toBeLessThanOrEqual(durationS);
}

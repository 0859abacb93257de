/** Measures the word-error rates of the executable for real speech, with several requests at a time. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import manifest from "../audio/manifest.json";
import { isFull } from "../full.ts";
import { ErrorTable, humanClips, sumErrors, transcribeClips } from "./clip-errors.ts";
import { repository } from "./executable.ts";
import { startServer, type TestServer } from "./server.ts";

// The time limit only ends a run that hangs. It is long, because the tests transcribe minutes of audio and must also
// pass on a slow machine.
setDefaultTimeout(600_000);

const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");
const languages = ["en", "es", "fr", "it", "ru"] as const;
/** Languages that `npm test` covers: English, another language in Latin script, and a language in another script. */
const quick = new Set<string>(["en", "fr", "ru"]);

/**
 * Maximum number of wrong words for each model. It is two more than the highest number that a build of the engines had.
 * docs/accuracy.md lists the total numbers of words.
 */
const wrongMax = {
  base: {
    // The comments below list the number of wrong words for each build. CTranslate2 has three levels: AMX, AVX-512 and AVX2.
    // whisper.cpp has three builds: AVX-512, AVX2 and the baseline.
    en: 7 + 2, // CTranslate2: 4, 5, 7 (with "open-source" as two wrong words, twice); whisper.cpp: 4, 4, 4
    es: 26 + 2, // CTranslate2: 26, 25, 26; whisper.cpp: 25, 25, 25
    fr: 37 + 2, // CTranslate2: 36, 37, 34; whisper.cpp: 34, 32, 34
    it: 11 + 2, // CTranslate2: 6, 8, 11; whisper.cpp: 5, 5, 5
    ru: 11 + 2, // CTranslate2: 10, 10, 10; whisper.cpp: 11, 10, 10
    long: 13 + 2, // CTranslate2: 13, 11, 11; whisper.cpp: 8, 13, 12
  },
  "whisper-cpp:base": {
    en: 4 + 2, // 4 wrong words with every build
  },
  "tiny.en": {
    en: 11 + 2, // 9, 9, 9, and 11 on a CPU with AMX
  },
} as const;

let server: TestServer;
const table = new ErrorTable();

beforeAll(async () => {
  server = await startServer({ flags: ["--preload", tinyPath] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  console.log(table.toString());
});

describe.each(languages)("the model base and the clips in %s", (language) => {
  const isRun = isFull || quick.has(language);
  test.skipIf(!isRun)(
    "the server transcribes them with few wrong words and detects their language",
    async () => {
      const clips = humanClips(language);
      const answers = await transcribeClips(server, clips, "base");
      table.note("base", language, clips, answers);
      expect(sumErrors(clips, answers).wrong).toBeLessThanOrEqual(wrongMax.base[language]);
      const names = { en: "english", es: "spanish", fr: "french", it: "italian", ru: "russian" };
      expect(new Set(answers.map((answer) => answer.language))).toEqual(new Set([names[language]]));
    },
  );
});

test("whisper.cpp, selected by its name, transcribes the English clips with the starter model as well", async () => {
  const clips = humanClips("en");
  const answers = await transcribeClips(server, clips, "whisper-cpp:base");
  table.note("whisper-cpp:base", "en", clips, answers);
  expect(sumErrors(clips, answers).wrong).toBeLessThanOrEqual(wrongMax["whisper-cpp:base"].en);
});

test("the model tiny.en, named by its path, transcribes the English clips with few wrong words", async () => {
  const clips = humanClips("en");
  const answers = await transcribeClips(server, clips, tinyPath);
  table.note("tiny.en", "en", clips, answers);
  expect(sumErrors(clips, answers).wrong).toBeLessThanOrEqual(wrongMax["tiny.en"].en);
});

// Runs only in the full run, because this clip is as long as all other clips together.
test.skipIf(!isFull)(
  "the server transcribes a four-minute clip completely, with times counted from the start of the file",
  async () => {
    const clip = manifest.find(({ kind }) => kind === "long")!;
    const [answer] = await transcribeClips(server, [clip], "base");
    table.note("base", "en, 4 minutes", [clip], [answer!]);
    expect(sumErrors([clip], [answer!]).wrong).toBeLessThanOrEqual(wrongMax.base.long);
    expect(answer!.duration).toBeCloseTo(clip.duration, 1);
    const { segments = [], words = [] } = answer!;
    expect(segments.map(({ id }) => id)).toEqual(segments.map((_, index) => index));
    expect(segments.at(-1)!.end).toBeGreaterThan(clip.duration - 5);
    for (const spans of [segments, words]) {
      for (const [index, { start, end }] of spans.entries()) {
        expect(end).toBeGreaterThanOrEqual(start);
        expect(start).toBeGreaterThanOrEqual(spans[index - 1]?.end ?? 0);
      }
    }
  },
);

test("silence gives an empty transcript, not invented words", async () => {
  const clip = manifest.find(({ kind }) => kind === "silence")!;
  const [answer] = await transcribeClips(server, [clip], "base");
  expect(answer).toMatchObject({
    text: "",
    segments: [],
    words: [],
    duration: clip.duration,
    language: "unknown",
  });
});

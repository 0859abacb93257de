/** Measures the word-error rates of the executable for real speech, with several requests at a time. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import manifest from "../audio/manifest.json";
import { isFull } from "../full.ts";
import {
  countWordErrors,
  normalisedWords,
  type WordErrors,
} from "../../src/transcript/word-errors.ts";
import { repository } from "./executable.ts";
import { startServer, type TestServer } from "./server.ts";

// The time limit only ends a run that hangs. It is long, because the tests transcribe minutes of audio and must also
// pass on a slow machine.
setDefaultTimeout(600_000);

type Clip = (typeof manifest)[number];

const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");
const languages = ["en", "es", "fr", "it", "ru"] as const;
/** Languages that `npm test` covers: English, another language in Latin script, and a language in another script. */
const quick = new Set<string>(["en", "fr", "ru"]);
const maxRequests = 4;

/**
 * Maximum number of wrong words for each model. It is two more than the highest number that a build of the engines had.
 * docs/accuracy.md lists the total numbers of words.
 */
const wrongMax = {
  base: {
    // The comments below list the number of wrong words for each build. CTranslate2 has two builds: AVX-512 and AVX2.
    // whisper.cpp has three builds: AVX-512, AVX2 and the baseline.
    en: 4 + 2, // CTranslate2: 2, 4; whisper.cpp: 4, 4, 4
    es: 25 + 2, // CTranslate2: 25, 25; whisper.cpp: 25, 25, 25
    fr: 36 + 2, // CTranslate2: 36, 34; whisper.cpp: 34, 32, 34
    it: 9 + 2, // CTranslate2: 8, 9; whisper.cpp: 5, 5, 5
    ru: 12 + 2, // CTranslate2: 10, 12; whisper.cpp: 11, 10, 10
    long: 13 + 2, // CTranslate2: 13, 12; whisper.cpp: 8, 13, 12
  },
  "whisper-cpp:base": {
    en: 4 + 2, // 4 wrong words with every build
  },
  "tiny.en": {
    en: 9 + 2, // 9, 9, 9
  },
} as const;

let server: TestServer;
const rows: { model: string; language: string; clips: number; errors: WordErrors }[] = [];

beforeAll(async () => {
  server = await startServer({ flags: ["--preload", tinyPath] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  console.log(table());
});

describe.each(languages)("the model base and the clips in %s", (language) => {
  const isRun = isFull || quick.has(language);
  test.skipIf(!isRun)(
    "the server transcribes them with few wrong words and detects their language",
    async () => {
      const clips = manifest.filter(
        (clip) => clip.kind === "human" && clip.language === language && clip.duration < 60,
      );
      const answers = await transcribeAll(clips, "base");
      note("base", language, clips, answers);
      expect(sum(clips, answers).wrong).toBeLessThanOrEqual(wrongMax.base[language]);
      const names = { en: "english", es: "spanish", fr: "french", it: "italian", ru: "russian" };
      expect(new Set(answers.map((answer) => answer.language))).toEqual(new Set([names[language]]));
    },
  );
});

test("whisper.cpp, selected by its name, transcribes the English clips with the starter model as well", async () => {
  const clips = manifest.filter((clip) => clip.kind === "human" && clip.language === "en");
  const answers = await transcribeAll(clips, "whisper-cpp:base");
  note("whisper-cpp:base", "en", clips, answers);
  expect(sum(clips, answers).wrong).toBeLessThanOrEqual(wrongMax["whisper-cpp:base"].en);
});

test("the model tiny.en, named by its path, transcribes the English clips with few wrong words", async () => {
  const clips = manifest.filter((clip) => clip.kind === "human" && clip.language === "en");
  const answers = await transcribeAll(clips, tinyPath);
  note("tiny.en", "en", clips, answers);
  expect(sum(clips, answers).wrong).toBeLessThanOrEqual(wrongMax["tiny.en"].en);
});

// Runs only in the full run, because this clip is as long as all other clips together.
test.skipIf(!isFull)(
  "the server transcribes a four-minute clip completely, with times counted from the start of the file",
  async () => {
    const clip = manifest.find(({ kind }) => kind === "long")!;
    const [answer] = await transcribeAll([clip], "base");
    note("base", "en, 4 minutes", [clip], [answer!]);
    expect(sum([clip], [answer!]).wrong).toBeLessThanOrEqual(wrongMax.base.long);
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
  const [answer] = await transcribeAll([clip], "base");
  expect(answer).toMatchObject({
    text: "",
    segments: [],
    words: [],
    duration: clip.duration,
    language: "unknown",
  });
});

// --- internal ---

async function transcribeAll(
  clips: readonly Clip[],
  model: string,
): Promise<TranscriptionVerbose[]> {
  const answers: TranscriptionVerbose[] = [];
  const waiting = [...clips.entries()];
  const client = server.client({ timeout: 600_000 });
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, clip] = next;
      answers[index] = await client.audio.transcriptions.create({
        file: new File([Bun.file(join(repository, "test/audio", clip.file))], clip.file),
        model,
        response_format: "verbose_json",
        timestamp_granularities: ["segment", "word"],
      });
      const { text, words = [] } = answers[index];
      expect(normalisedWords(words.map(({ word }) => word).join(" "))).toEqual(
        normalisedWords(text),
      );
    }
  };
  await Promise.all(Array.from({ length: maxRequests }, work));
  return answers;
}

function sum(clips: readonly Clip[], answers: readonly TranscriptionVerbose[]): WordErrors {
  const counts = clips.map((clip, index) => countWordErrors(clip.text, answers[index]!.text));
  return {
    wrong: counts.reduce((total, { wrong }) => total + wrong, 0),
    words: counts.reduce((total, { words }) => total + words, 0),
  };
}

function note(
  model: string,
  language: string,
  clips: readonly Clip[],
  answers: readonly TranscriptionVerbose[],
): void {
  rows.push({ model, language, clips: clips.length, errors: sum(clips, answers) });
}

/** Returns the results as a table in the format of docs/accuracy.md. */
function table(): string {
  const lines = rows.map(({ model, language, clips, errors: { wrong, words } }) => {
    const percent = ((100 * wrong) / words).toFixed(1);
    return `| ${model} | ${language} | ${clips} | ${wrong} of ${words} | ${percent} % |`;
  });
  return [
    "| model | language | clips | wrong words | word-error rate |",
    "|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/**
 * Compares Whisper on MLX with Python's mlx-whisper (test/parity/make-mlx-whisper-reference.py). Both read the same
 * weights and the same recordings, compute in float32 and choose tokens greedily.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chunk } from "../../src/runner/engine/asr-structs.ts";
import { recording } from "../backends/recording.ts";
import { Subject } from "../backends/subject.ts";
import { isFull } from "../full.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { writeWhisperFolder } from "../mlx/whisper-folder.ts";
import { parityModels } from "../mlx/write-whisper.ts";
import references from "./mlx-whisper-reference.json";

setDefaultTimeout(900_000);

const folder = mkdtempSync(join(tmpdir(), "open-asr-mlx-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Reference {
  readonly model: string;
  readonly file: string;
  /** The language that the decoder was asked for. */
  readonly asked: string;
  /** The most likely language; absent for a model that knows only English. */
  readonly language?: string;
  readonly languageProb?: number;
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly smallestGap: number;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  /** For each word, its number of tokens, its start and its end. */
  readonly words: readonly (readonly number[])[];
}

type ModelName = keyof typeof parityModels;

const all: readonly Reference[] = references;
const models = new Set(all.map(({ model }) => model as ModelName));

/** mlx-whisper always encodes 30 seconds. */
const windowS = 30;
/**
 * Largest differences of log-probabilities. mlx-whisper 0.4.3 lets timestamps decrease, so it has other tokens to choose
 * from where a timestamp follows another one.
 */
const tolerance = { text: 0.001, timestamp: 0.02 };
/** Number of clips that `npm test` compares. */
const quickClips = 1;

describe.each([...models])("Whisper on MLX (%s)", (model) => compareWith(model));

function compareWith(name: ModelName): void {
  const clips = all.filter(({ model }) => model === name).slice(0, isFull ? undefined : quickClips);
  let subject: Subject;

  test("loads the model", () => {
    subject = subjectOf(name);
  });
  afterAll(() => subject?.[Symbol.dispose]());

  test.each(clips)("returns the answers of mlx-whisper for $file", (reference) => {
    const { chunk, speechInput } = chunkOf(subject, reference);
    const { tokens, logprobs, avgLogprob, noSpeechProb } = subject.lane.decode(chunk);
    expect([...tokens]).toEqual([...reference.tokens]);
    for (const [i, logprob] of reference.logprobs.entries()) {
      const isTimestamp = tokens[i]! >= subject.info.tokenTimestampBegin;
      const bound = isTimestamp ? tolerance.timestamp : tolerance.text;
      expect(Math.abs(logprobs[i]! - logprob)).toBeLessThan(bound);
    }
    expect(Math.abs(avgLogprob - reference.avgLogprob)).toBeLessThan(0.001);
    expect(Math.abs(noSpeechProb - reference.noSpeechProb)).toBeLessThan(0.001);

    // The engine keeps the encoding, because the id is the same. The times end where the speech ends.
    const text = tokens.filter((id) => id < subject.info.tokenTextEnd);
    const times = subject.lane.align({ ...chunk, input: speechInput, tokens: text });
    expect(wordTimes(reference, times)).toEqual(reference.words.map((word) => [...word]));
  });

  test("detects the languages that mlx-whisper detects", () => {
    const detected = clips.filter(({ language }) => language !== undefined);
    expect(detected.length).toBe(name.startsWith("base") ? clips.length : 0);
    for (const reference of detected) {
      const probs = subject.lane.detectLanguage(chunkOf(subject, reference).chunk);
      const best = probs.indexOf(Math.max(...probs));
      expect(subject.info.languages[best]).toBe(reference.language);
      expect(Math.abs(probs[best]! - (reference.languageProb ?? 0))).toBeLessThan(0.001);
    }
  });
}

/** Returns the chunk that mlx-whisper decodes: the clip, with zeros after it. Also returns the features of the clip only. */
function chunkOf(subject: Subject, { file, asked }: Reference) {
  const samples = recording(file);
  const padded = new Float32Array(windowS * 16_000);
  padded.set(samples);
  const input = subject.heard(padded);
  const nMels = 80;
  const speechInput = input.subarray(0, nMels * 2 * Math.floor(samples.length / 320));
  const language = subject.info.languages.indexOf(asked);
  const chunk: Chunk = subject.chunk({ input, language, windowS, beamSize: 1, threads: 2 });
  return { chunk, speechInput };
}

/** Joins the times of tokens to the words of the reference: number of tokens, start and end. */
function wordTimes(
  { words }: Reference,
  { startS, endS }: { readonly startS: Float32Array; readonly endS: Float32Array },
): number[][] {
  let at = 0;
  return words.map(([n = 0]) => {
    const first = at;
    at += n;
    return [n, rounded(startS[first]!), rounded(endS[at - 1]!)];
  });
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

function subjectOf(name: ModelName): Subject {
  const { name: model, ...options } = parityModels[name];
  const path = join(folder, name);
  writeWhisperFolder(model, path, options);
  return new Subject({
    id: name,
    libraryPath: mlxLibrary,
    model: path,
    speech: new Float32Array(16_000),
    groups: ["prompted"],
    isWhisper: true,
    language: "en",
    says: null,
    skip: [],
  });
}

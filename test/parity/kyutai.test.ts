/**
 * Compares Kyutai on MLX with Python's rustymimi and moshi-mlx (test/parity/make-kyutai-reference.py). Both read the same
 * random weights and the same recordings, compute in float32 and choose tokens greedily. The tokens depend on all codes of
 * the audio, so they also compare the codes.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingAt } from "../backends/recording.ts";
import { transcribeParts } from "../backends/stream.case.ts";
import type { Subject } from "../backends/subject.ts";
import { joinResults } from "../backends/timed-tokens.ts";
import { isFull } from "../full.ts";
import { kyutaiShapes, writeKyutaiFolder } from "../mlx/kyutai/write-kyutai.ts";
import { mlxLibrary } from "../mlx/library.ts";
import references from "./kyutai-reference.json";
import { paritySubject } from "./subject.ts";

setDefaultTimeout(3_600_000);

type ModelName = keyof typeof kyutaiShapes;

interface Reference {
  readonly model: ModelName;
  readonly file: string;
  /** How often the recording is repeated, and the number of samples after this. */
  readonly times: number;
  readonly samples: number;
  readonly smallestGap: number;
  /** The token of each step: the padding and the marks before words are among them. */
  readonly tokens: readonly number[];
  /** Log-probabilities of the tokens that are text. */
  readonly logprobs: readonly number[];
  /** Steps in which a turn has ended. */
  readonly turnEnds: readonly number[];
  readonly text: string;
}

const folder = mkdtempSync(join(tmpdir(), "open-asr-kyutai-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ids of the tokens that are no text. */
const word = 0;
const padding = 3;
const stepS = 0.08;
const rate = 24_000;
/** Steps after which the cache of moshi-mlx 0.3.0 is wrong. The reference uses another cache. */
const wrongFrom = 4096;
/** The models that `npm test` compares, and the length in seconds of their longest recording. */
const quick = { models: ["small", "turns", "q4"], seconds: 60 };

const all = (references as readonly Reference[]).filter(
  ({ model, samples }) =>
    isFull || (quick.models.includes(model) && samples <= quick.seconds * rate),
);

test("the references include a stream that is longer than the cache of moshi-mlx is right", () => {
  const longest = Math.max(...references.map(({ tokens }) => tokens.length));
  expect(longest).toBeGreaterThan(wrongFrom + 200);
});

describe.each([...new Set(all.map(({ model }) => model))])("Kyutai on MLX (%s)", (model) => {
  let subject: Subject;

  test("loads the model", () => {
    subject = subjectOf(model);
  });
  afterAll(() => subject?.[Symbol.dispose]());

  test.each(all.filter((reference) => reference.model === model))(
    "returns the tokens of moshi-mlx for $file, repeated $times times",
    (reference) => {
      const found = transcribe(subject, samplesOf(reference));
      const isText = found.tokens.map((id) => id < subject.info.tokenTextEnd);
      const texts = found.tokens.filter((_, i) => isText[i]);
      const expected = reference.tokens.filter((id) => id !== word && id !== padding);
      expect(texts).toEqual(expected);
      const logprobs = found.logprobs.filter((_, i) => isText[i]);
      for (const [i, logprob] of reference.logprobs.entries()) {
        expect(Math.abs(logprobs[i]! - logprob)).toBeLessThan(0.002);
      }
      expect(subject.textOf(Int32Array.from(texts))).toBe(reference.text.replace(/<\/?s>/gu, ""));
      expect(found.startS.filter((_, i) => isText[i])).toEqual(startsOf(reference));
      expect(isText.filter((is) => !is).length).toBe(turnsOf(reference));
    },
  );
});

// --- internal ---

function transcribe(subject: Subject, samples: Float32Array) {
  return joinResults(transcribeParts(subject, [samples]));
}

function samplesOf({ file, times, samples }: Reference): Float32Array {
  const once = recordingAt(rate, file);
  const repeated = new Float32Array(once.length * times);
  for (let i = 0; i < times; i++) repeated.set(once, i * once.length);
  return repeated.subarray(0, samples);
}

/**
 * Returns the start of each text token: the step after the mark of its word, or its own step, less the delay and the
 * silence before the audio.
 */
function startsOf({ model, tokens, samples }: Reference): number[] {
  const { delayS, silencePrefixS } = kyutaiShapes[model];
  const delay = Math.round((delayS + silencePrefixS) / stepS);
  const last = Math.floor((samples / rate) * 12.5);
  let marked: number | null = null;
  return tokens.flatMap((id, step) => {
    if (id === word) marked = step + 1;
    if (id === word || id === padding) return [];
    const start = Math.min(last, Math.max(0, (marked ?? step) - delay));
    marked = null;
    return [Math.fround(start / 12.5)];
  });
}

/** Returns the number of turns that end: a turn contains text, and ends once. */
function turnsOf({ tokens, turnEnds }: Reference): number {
  const ends = new Set(turnEnds);
  let hasText = false;
  let turns = 0;
  tokens.forEach((id, step) => {
    hasText ||= id !== word && id !== padding;
    if (hasText && ends.has(step)) {
      turns++;
      hasText = false;
    }
  });
  return turns;
}

function subjectOf(name: ModelName): Subject {
  const path = join(folder, name);
  writeKyutaiFolder(path, kyutaiShapes[name]);
  return paritySubject({
    id: name,
    libraryPath: mlxLibrary,
    model: path,
    speech: new Float32Array(rate),
    groups: ["stream"],
  });
}

/**
 * Compares Whisper on MLX with Python's mlx-whisper (test/parity/make-mlx-whisper-reference.py). Both read the same
 * weights and the same recordings, compute in float32, encode 30 seconds without voice activity detection, and choose
 * tokens greedily.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chunk } from "../../src/runner/engine/asr-structs.ts";
import { countWordErrors, normalisedWords } from "../../src/transcript/word-errors.ts";
import manifest from "../audio/manifest.json";
import { recording } from "../backends/recording.ts";
import type { Subject } from "../backends/subject.ts";
import { repository } from "../e2e/executable.ts";
import { isFull } from "../full.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { writeWhisperFolder } from "../mlx/whisper-folder.ts";
import { parityModels } from "../mlx/write-whisper.ts";
import answers from "./mlx-whisper-reference.json";
import { paritySubject } from "./subject.ts";

setDefaultTimeout(900_000);

const folder = mkdtempSync(join(tmpdir(), "open-asr-mlx-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The answer of mlx-whisper for a recording. */
interface Reference {
  readonly model: string;
  readonly file: string;
  /** The language that the decoder was asked for. */
  readonly asked: string;
  readonly tokens: readonly number[];
}

/** The answer of a model in float32. */
interface ExactReference extends Reference {
  /** The most likely language; absent for a model that knows only English. */
  readonly language?: string;
  readonly languageProb?: number;
  readonly logprobs: readonly number[];
  /** The smallest difference of the two largest log-probabilities of a step. */
  readonly smallestGap: number;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  /** For each word, its number of tokens, its start and its end. */
  readonly words?: readonly (readonly number[])[];
  /** Each `encoderStride`-th value of the encoder's output. */
  readonly encoder?: readonly number[];
}

type ModelName = keyof typeof parityModels;

const all: readonly (Reference | ExactReference)[] = answers;

/** mlx-whisper always encodes 30 seconds. */
const windowS = 30;
/**
 * Largest differences of log-probabilities. mlx-whisper 0.4.3 lets timestamps decrease, so it has other tokens to choose
 * from where a timestamp follows another one.
 */
const tolerance = { text: 0.01, timestamp: 0.02 };
/** Two tokens whose log-probabilities differ by less can change places, because the programs round differently. */
const clearGap = 0.001;
const encoderStride = 9001;
const encoderTolerance = 0.001;
/** Number of clips that `npm test` compares. */
const quickClips = 1;
/** Smallest share of recordings with the same text. */
const sameTextMin = 0.95;
/** Largest difference of the word-error rates of quantised models. */
const wordErrorRateGapMax = 0.005;

describe("Whisper tiny.en on MLX in float32", () => compareExactly("tiny.en-f32"));
// These models take minutes.
describe.skipIf(!isFull)("Whisper base on MLX in float32", () => compareExactly("base-f32"));
describe.skipIf(!isFull)("Whisper tiny.en on MLX in 8 bits", () => compareErrors("tiny.en-q8"));
describe.skipIf(!isFull)("Whisper tiny.en on MLX in 4 bits", () => compareErrors("tiny.en-q4"));

function compareExactly(name: ModelName): void {
  const references = all.filter(
    (one): one is ExactReference => one.model === name && "logprobs" in one,
  );
  const clips = references.slice(0, isFull ? undefined : quickClips);
  let subject: Subject;
  let sameTexts = 0;

  test("loads the model", () => {
    subject = subjectOf(name);
  });
  afterAll(() => subject?.[Symbol.dispose]());

  test.each(clips)("returns the answers of mlx-whisper for $file", (reference) => {
    const { chunk, speechInput } = chunkOf(subject, reference);
    const { tokens, logprobs, avgLogprob, noSpeechProb } = subject.lane.decode(chunk);
    if (subject.textOf(tokens) === subject.textOf(Int32Array.from(reference.tokens))) sameTexts++;
    expect(Math.abs(noSpeechProb - reference.noSpeechProb)).toBeLessThan(0.001);
    if (reference.smallestGap < clearGap) return;
    expect([...tokens]).toEqual([...reference.tokens]);
    for (const [i, logprob] of reference.logprobs.entries()) {
      const isTimestamp = tokens[i]! >= subject.info.tokenTimestampBegin;
      const bound = isTimestamp ? tolerance.timestamp : tolerance.text;
      expect(Math.abs(logprobs[i]! - logprob)).toBeLessThan(bound);
    }
    expect(Math.abs(avgLogprob - reference.avgLogprob)).toBeLessThan(0.001);
    if (reference.words === undefined) return;

    // The engine keeps the encoding, because the id is the same. The times end where the speech ends.
    const text = tokens.filter((id) => id < subject.info.tokenTextEnd);
    const times = subject.lane.align({ ...chunk, input: speechInput, tokens: text });
    expect(wordTimes(reference.words, times)).toEqual(reference.words.map((word) => [...word]));
  });

  // Compiles a program, because asr.h does not return this output.
  test.skipIf(!isFull)("computes the encoder's output of mlx-whisper", async () => {
    const program = await buildProgram("mlx_encoder_output");
    const withEncoder = references.filter(({ encoder }) => encoder !== undefined);
    expect(withEncoder.length).toBe(2);
    for (const reference of withEncoder) {
      const input = join(folder, "features.f32");
      await Bun.write(input, chunkOf(subject, reference).chunk.input);
      const output = await run([program, join(folder, name), input, String(encoderStride)]);
      const values = output.trim().split("\n").map(Number);
      expect(values.length).toBe(reference.encoder!.length);
      const differences = values.map((value, i) => Math.abs(value - reference.encoder![i]!));
      expect(Math.max(...differences)).toBeLessThan(encoderTolerance);
    }
  });

  test("returns the texts of mlx-whisper", () => {
    expect(sameTexts / clips.length).toBeGreaterThanOrEqual(sameTextMin);
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

  test("the reference has many recordings with clear decisions", () => {
    const clear = references.filter(({ smallestGap }) => smallestGap >= clearGap);
    expect(clear.length).toBeGreaterThan(0.8 * references.length);
    expect(references.length).toBe(name.startsWith("base") ? 34 : 14);
  });
}

/** Compares the numbers of wrong words, because quantised models are sensitive to rounding. */
function compareErrors(name: ModelName): void {
  test("makes about as many errors as mlx-whisper", () => {
    using subject = subjectOf(name);
    const errors = { ours: 0, theirs: 0, words: 0 };
    for (const reference of all.filter(({ model }) => model === name)) {
      const spoken = manifest.find(({ file }) => file === reference.file)?.text ?? "";
      const wrong = (tokens: Int32Array) => countWordErrors(spoken, subject.textOf(tokens)).wrong;
      errors.ours += wrong(subject.lane.decode(chunkOf(subject, reference).chunk).tokens);
      errors.theirs += wrong(Int32Array.from(reference.tokens));
      errors.words += normalisedWords(spoken).length;
    }
    expect(errors.words).toBe(243);
    expect((errors.ours - errors.theirs) / errors.words).toBeLessThanOrEqual(wordErrorRateGapMax);
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

/** Compiles a target of ffi/mlx in the folder of the build, and returns its path. */
async function buildProgram(target: string): Promise<string> {
  const built = join(repository, `.build/cmake/mlx-${process.platform}-${process.arch}`);
  await run(["cmake", "--build", built, "--target", target]);
  return join(built, target);
}

/** Runs a command and returns its standard output. Throws the standard error if the command failed. */
async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command[0]} failed (${code}): ${errors.slice(-4000)}`);
  return output;
}

/** Joins the times of tokens to the words of the reference: number of tokens, start and end. */
function wordTimes(
  words: NonNullable<ExactReference["words"]>,
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
  return paritySubject({
    id: name,
    libraryPath: mlxLibrary,
    model: path,
    groups: ["prompted"],
    isWhisper: true,
  });
}

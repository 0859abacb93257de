/**
 * Tests that the executable gives the same results as faster-whisper for Python with the same weights and settings.
 * make-reference.py has written the results of faster-whisper to reference.json. With float32, the results must be
 * equal. With int8, rounding changes the results, because even noise of 1e-6 on the features changes the output of
 * faster-whisper. So the int8 test compares only the numbers of wrong words.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import manifest from "../audio/manifest.json";
import { languageName } from "../../src/transcript/languages.ts";
import { builtModel } from "../backends/built.ts";
import { recording } from "../backends/recording.ts";
import { startServer } from "../e2e/server.ts";
import { encodeWav } from "../e2e/wav.ts";
import { isFull } from "../full.ts";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import references from "./reference.json";
import { quantile, timeDifferences } from "./compare.ts";

// The time limit only ends a run that hangs. It is long, because the tests transcribe minutes of audio and must also
// pass on a slow machine.
setDefaultTimeout(900_000);

type Reference = (typeof references)[number];

/** Results of faster-whisper and of the executable for one part of a recording. */
interface Pair {
  readonly reference: Reference;
  readonly answer: TranscriptionVerbose;
  /**
   * Response of the executable to the same request, but with word times. In this response, the segments start and end
   * at words. Null if the test requests no word times.
   */
  readonly withWords: TranscriptionVerbose | null;
}

const sameSettings = [
  "--vad=off",
  "--encoder-window=full",
  "--temperature-fallback=off",
  "--beam=5",
];
const maxRequests = 2;
/** `npm test` compares only every second part of the recordings, because float32 is slow on a CPU without AVX-512. */
const everyNth = isFull ? 1 : 2;
const rows: string[] = [];
const differences: string[] = [];

afterAll(() => {
  const head =
    "| model | clips with the same tokens | same language | largest difference of a log-probability | segment times: median, p95 | word times: median, p95 | wrong words, ours | theirs |";
  console.log([head, head.replaceAll(/[^|]+/g, "---"), ...rows, ...differences].join("\n"));
});

describe.each([
  ["tiny.en", true],
  // The model base runs only in the full run, because it takes three times as long as tiny.en. Only base covers all
  // five languages.
  ["base", isFull],
] as const)("the executable with the model %s", (model, isRun) => {
  test.skipIf(!isRun)(
    "gives faster-whisper's tokens, log-probabilities, times and languages in float32",
    async () => {
      const pairs = await transcribeAll(model, "float32");
      const same = pairs.filter(hasSameTokens);
      const segments = same.flatMap(({ reference, answer }) =>
        reference.segments.map((theirs, i) => ({ theirs, ours: answer.segments![i]! })),
      );
      const logprobs = segments.map(({ theirs, ours }) =>
        Math.abs(theirs.avg_logprob - ours.avg_logprob),
      );
      const segmentTimes = segments.flatMap(({ theirs, ours }) => [
        Math.abs(theirs.start - ours.start),
        Math.abs(theirs.end - ours.end),
      ]);
      const wordTimes = same.flatMap(({ reference, withWords }) =>
        timeDifferences(reference.words as [string, number, number][], withWords?.words ?? []),
      );
      const largest = Math.max(...logprobs);
      note(`${model} float32`, pairs, [
        largest.toFixed(5),
        `${seconds(segmentTimes, 0.5)}, ${seconds(segmentTimes, 0.95)}`,
        `${seconds(wordTimes, 0.5)}, ${seconds(wordTimes, 0.95)}`,
      ]);

      expect(same.length / pairs.length).toBeGreaterThanOrEqual(0.95);
      expect(pairs.filter(hasSameLanguage)).toHaveLength(pairs.length);
      expect(largest).toBeLessThan(0.001);
      for (const times of [segmentTimes, wordTimes]) {
        expect(times.length).toBeGreaterThan(50);
        expect(quantile(times, 0.5)).toBeLessThanOrEqual(0.05);
        expect(quantile(times, 0.95)).toBeLessThanOrEqual(0.3);
      }
    },
  );

  // The float32 test already shows that both programs follow the same rules. int8 only adds rounding errors, so this
  // test runs only in the full run.
  test.skipIf(!isFull)(
    "gives at most five more wrong words than faster-whisper in int8",
    async () => {
      const pairs = await transcribeAll(model, "int8");
      note(`${model} int8`, pairs, ["", "", ""]);
      const { ours, theirs } = wrongWords(pairs);
      expect(ours).toBeLessThanOrEqual(theirs + 5);
    },
  );
});

// --- internal ---

async function transcribeAll(model: "base" | "tiny.en", computeType: string): Promise<Pair[]> {
  const folder = builtModel(`faster-whisper-${model}`);
  await using server = await startServer({
    flags: ["--model", folder, "--preload", folder, "--compute-type", computeType, ...sameSettings],
  });
  const client = server.client({ timeout: 900_000 });
  const all = references.filter((one) => one.model === model && one.compute_type === computeType);
  const wanted = all.filter((_one, index) => index % everyNth === 0);
  const pairs: Pair[] = [];
  const waiting = [...wanted.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, reference] = next;
      const ask = (granularity: "segment" | "word") =>
        client.audio.transcriptions.create({
          file: audioOf(reference),
          model: folder,
          response_format: "verbose_json",
          timestamp_granularities: granularity === "word" ? ["segment", "word"] : ["segment"],
        });
      const answer = await ask("segment");
      const withWords = computeType === "float32" ? await ask("word") : null;
      pairs[index] = { reference, answer, withWords };
    }
  };
  await Promise.all(Array.from({ length: maxRequests }, work));
  return pairs;
}

/** Returns a wav file with the samples that faster-whisper transcribed for this result. */
function audioOf({ file, from, to }: Reference): File {
  return encodeWav(recording(`../../${file}`).subarray(from, to));
}

function hasSameTokens({ reference, answer }: Pair): boolean {
  const ours = (answer.segments ?? []).map(({ tokens }) => tokens);
  return Bun.deepEquals(
    ours,
    reference.segments.map(({ tokens }) => tokens),
  );
}

function hasSameLanguage({ reference, answer }: Pair): boolean {
  return reference.segments.length === 0 || answer.language === languageName(reference.language);
}

/**
 * Counts the wrong words of both programs. A reference text is for a whole recording, so the parts of each recording
 * are joined first.
 */
function wrongWords(pairs: readonly Pair[]): {
  readonly ours: number;
  readonly theirs: number;
  readonly words: number;
} {
  const sum = { ours: 0, theirs: 0, words: 0 };
  for (const { file, text } of manifest) {
    const parts = pairs.filter(({ reference }) => reference.file === `test/audio/${file}`);
    if (parts.length === 0) continue;
    const ours = countWordErrors(text, parts.map(({ answer }) => answer.text).join(" "));
    const said = parts.flatMap(({ reference }) => reference.segments.map((one) => one.text));
    const theirs = countWordErrors(text, said.join(" "));
    sum.ours += ours.wrong;
    sum.theirs += theirs.wrong;
    sum.words += ours.words;
  }
  return sum;
}

function note(name: string, pairs: readonly Pair[], measured: readonly string[]): void {
  const { ours, theirs, words } = wrongWords(pairs);
  const count = (is: (pair: Pair) => boolean) => `${pairs.filter(is).length} of ${pairs.length}`;
  const cells = [
    name,
    count(hasSameTokens),
    count(hasSameLanguage),
    ...measured,
    `${ours} of ${words}`,
    theirs,
  ];
  rows.push(`| ${cells.join(" | ")} |`);
  for (const pair of pairs.filter((one) => !hasSameTokens(one))) {
    const { reference, answer } = pair;
    const said = reference.segments
      .map(({ text }) => text)
      .join("")
      .trim();
    const place = `${name} ${reference.file} from ${reference.from}`;
    differences.push(`${place}\n  theirs: ${said}\n  ours:   ${answer.text}`);
  }
}

function seconds(values: readonly number[], part: number): string {
  return quantile(values, part).toFixed(3);
}

/**
 * Cuts a recording at many positions and transcribes it with transcribe.cpp, through the executable. At a seam of two
 * chunks, no word may be lost or doubled.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PauseCutter } from "../../src/runner/audio/pause-cutter.ts";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import { recording } from "../backends/recording.ts";
import { join as joinSamples } from "../backends/signals.ts";
import { isFull } from "../full.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { repository } from "./executable.ts";
import { formOf, startServer, type TestServer } from "./server.ts";
import { encodeWav } from "./wav.ts";

// The time limit only ends a run that hangs. All cuts together take minutes, and longer on a busy machine.
setDefaultTimeout(3_600_000);

const rate = 16_000;
const chunkMaxS = 30;
const cuts = 40;
const whisper = `transcribe-cpp:${join(repository, ".build/models/ggml-tiny.en-q8_0.bin")}`;
const parakeet = "parakeet-random";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-seams-"));
  writeFileSync(join(folder, `${parakeet}.gguf`), parakeetFile(smallShape));
  server = await startServer({ flags: ["--model-dir", folder, "--preload", whisper] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly text: string;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly seek: number;
    readonly tokens: readonly number[];
  }[];
}

async function transcribe(samples: Float32Array, model: string, vad: string): Promise<Answer> {
  const fields = { file: encodeWav(samples), model, response_format: "verbose_json", vad };
  const response = await server.post(formOf(fields));
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** Returns the pieces into which the server cuts the samples when voice activity is off. */
function piecesOf(samples: Float32Array): Float32Array[] {
  const cutter = new PauseCutter(rate, chunkMaxS);
  cutter.push(samples);
  cutter.finish();
  const pieces: Float32Array[] = [];
  for (let span = cutter.next(); span !== null; span = cutter.next()) {
    pieces.push(samples.slice(span.start, span.end));
  }
  return pieces;
}

const tokensOf = ({ segments }: Answer): number[] => segments.flatMap(({ tokens }) => tokens);

// The texts of a random model depend on every sample of a chunk. So its tokens change if a seam loses or repeats samples.
/** Numbers of the cuts that this run tries. `npm test` tries fewer, because each cut needs several jobs. */
const tried = Array.from({ length: cuts }, (_, cut) => cut).filter(
  (cut) => isFull || cut % 8 === 5,
);

test("Parakeet returns the tokens of each piece, whatever the position of the cut", async () => {
  const talk = recording("long_en.ogg");
  const cutsAt = new Set<number>();
  for (const cut of tried) {
    const start = Math.round(5.2 * cut * rate);
    const samples = talk.slice(start, start + 33 * rate);
    const pieces = piecesOf(samples);
    expect(pieces).toHaveLength(2);
    cutsAt.add(start + pieces[0]!.length);
    const [whole, ...alone] = await Promise.all(
      [samples, ...pieces].map((input) => transcribe(input, parakeet, "off")),
    );
    expect(tokensOf(whole!).length).toBeGreaterThan(20);
    expect(tokensOf(whole!)).toEqual(alone.flatMap(tokensOf));
    const starts = whole!.segments.map(({ start: startS }) => startS);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  }
  // Two cuts may use the same pause of the recording.
  expect(cutsAt.size).toBeGreaterThan(tried.length / 2);
});

/**
 * Maximum number of words that a cut may change. tiny.en may write a word differently when it lacks the words around it.
 */
const wrongMax = 2;
test("Whisper returns the same words, whatever the positions of the cuts", async () => {
  const names = ["en_vm-rec-temp.flac", "en_demo-thanks.flac", "jfk.flac", "en_vm-nobox.flac"];
  const speech = joinSamples(names.map(recording));
  const whole = await transcribe(speech, whisper, "on");
  expect(whole.segments).toHaveLength(1);
  const changed: { max_speech_s: number; wrong: number; text: string }[] = [];
  for (const cut of tried) {
    // With another maximum length of a chunk, other positions of the recording are cut.
    const max_speech_s = 7 + cut * 0.4;
    const { text, segments } = await transcribe(speech, whisper, JSON.stringify({ max_speech_s }));
    expect(segments.length).toBeGreaterThan(1);
    const { wrong } = countWordErrors(whole.text, text);
    if (wrong > wrongMax) changed.push({ max_speech_s, wrong, text });
  }
  expect(changed).toEqual([]);
});

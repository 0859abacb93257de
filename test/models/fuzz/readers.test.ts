/**
 * Tests the code that reads model files in the server process. The files are damaged. For every file, each reader must
 * quickly return the capabilities or null, or throw an AsrError.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { closeSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../../src/errors.ts";
import { inspectCtranslate2Whisper } from "../../../src/models/formats/ctranslate2-whisper.ts";
import { inspectGgmlWhisper } from "../../../src/models/formats/ggml-whisper.ts";
import { ggufWeights, inspectSpeechModel } from "../../../src/models/formats/gguf-speech.ts";
import { Tokenizer } from "../../../src/runner/whisper/tokenizer.ts";
import { builtModel } from "../../backends/built.ts";
import { isFull } from "../../full.ts";
import { parakeetFile, smallShape } from "../../gguf/parakeet.ts";
import { modelOf } from "../../runner/whisper/model.ts";
import { Mutator } from "./mutate.ts";

setDefaultTimeout(300_000);

/**
 * Seed of the random damage. `npm test` has a fixed seed, so it always reads the same files. The full run has a new
 * seed each time. If a test fails, it prints the seed.
 */
const seed = isFull ? Date.now() % 2 ** 31 : 20_240_915;
const rounds = isFull ? 10 : 1;

/** Maximum time for a file in milliseconds, and maximum growth of memory in bytes. A correct reader needs far less. */
const caseMsMax = 2000;
const growthBytesMax = 500e6;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-server-fuzz-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Runs `count` cases. `work` reads one damaged file and returns the result of the reader. Returns the number of results
 * that are not null.
 */
async function fuzz(count: number, work: (mutator: Mutator) => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let accepted = 0;
  for (let n = 0; n < count * rounds; n++) {
    const name = `seed ${seed + n}`;
    const start = performance.now();
    try {
      if ((await work(new Mutator(seed + n))) !== null) accepted += 1;
    } catch (error) {
      if (!(error instanceof AsrError))
        throw new Error(`${name}: ${String(error)}`, { cause: error });
      expect([name, error.code]).toEqual([name, "model_load_failed"]);
    }
    if (performance.now() - start > caseMsMax) throw new Error(`${name}: it took too long`);
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(growthBytesMax);
  return accepted;
}

function headOf(path: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(path, "r");
  readSync(file, bytes, 0, length, 0);
  closeSync(file);
  return bytes;
}

test("5000 damaged headers of ggml files", async () => {
  const whole = builtModel("ggml-tiny.en-q8_0.bin");
  const { size } = statSync(whole);
  const head = headOf(whole, 48);
  const path = join(folder, "model.bin");
  const accepted = await fuzz(5000, async (mutator) => {
    writeFileSync(path, mutator.bytes(head));
    // Three of four files get their normal size again. The bytes at the end are sparse, so they take no disk space.
    if (mutator.below(4) > 0) truncateSync(path, size);
    return inspectGgmlWhisper(path);
  });
  expect(accepted).toBeGreaterThan(0);
});

test("2000 damaged headers of GGUF files", async () => {
  // The header of this file has about 11 kB; the rest are weights.
  const head = parakeetFile(smallShape).subarray(0, 16_000);
  const path = join(folder, "model.gguf");
  const accepted = await fuzz(2000, async (mutator) => {
    writeFileSync(path, mutator.bytes(head));
    await ggufWeights(path);
    return inspectSpeechModel(path);
  });
  expect(accepted).toBeGreaterThan(0);
});

test("1500 damaged folders of CTranslate2 models", async () => {
  const source = builtModel("faster-whisper-base");
  const files = {
    "model.bin": headOf(join(source, "model.bin"), 64),
    "config.json": readFileSync(join(source, "config.json"), "utf8"),
    "vocabulary.txt": readFileSync(join(source, "vocabulary.txt"), "utf8"),
    "vocabulary.json": `["<|startoftranscript|>","<|en|>","<|translate|>","<|transcribe|>"]`,
  };
  const names = ["model.bin", "config.json", "vocabulary.txt", "vocabulary.json"] as const;
  const write = (name: keyof typeof files, content = files[name]) =>
    writeFileSync(join(folder, name), content);
  const accepted = await fuzz(1500, async (mutator) => {
    const broken = mutator.pick(names);
    rmSync(join(folder, "vocabulary.json"), { force: true });
    for (const name of names.slice(0, 2)) write(name);
    if (broken === "vocabulary.txt" || mutator.below(8) === 0) write("vocabulary.txt");
    const content = files[broken];
    write(broken, typeof content === "string" ? mutator.text(content) : mutator.bytes(content));
    return inspectCtranslate2Whisper(folder);
  });
  expect(accepted).toBeGreaterThan(0);
});

test("300 damaged vocabularies give tokens of the vocabulary", async () => {
  const text = " And so, my fellow Americans: ask not — Grüße, 我们今天 👩‍👩‍👧‍👦 ".repeat(20);
  const vocabulary = readFileSync(join(builtModel("faster-whisper-base"), "vocabulary.txt"), "utf8")
    .split("\n", 1000)
    .map((token) => Buffer.from(token.replaceAll("Ġ", " ")));
  await fuzz(300, async (mutator) => {
    const pieces = vocabulary.map((token) =>
      token.length > 0 && mutator.below(3) === 0 ? mutator.bytes(token) : token,
    );
    const tokens = new Tokenizer(modelOf(pieces)).last(200, mutator.text(text));
    expect(tokens.length).toBeLessThanOrEqual(200);
    expect(tokens.every((id) => id >= 0 && id < pieces.length)).toBe(true);
    return tokens;
  });
});

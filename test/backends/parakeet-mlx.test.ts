/** Runs the conformance suite for Parakeet on MLX with random models, and tests its files, its texts and its batches. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectMlxParakeet } from "../../src/models/formats/mlx-parakeet.ts";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { capability, type Chunk, type ModelSource } from "../../src/runner/engine/asr-structs.ts";
import { LaneClient } from "../../src/runner/engine/lane-client.ts";
import { isFull } from "../full.ts";
import { type ParakeetShape, parityShape, smallShape } from "../gguf/parakeet.ts";
import { brokenParakeet } from "../mlx/broken-parakeet.ts";
import { recognizeTogether } from "../mlx/decode-together.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { type ParakeetVariant, pythonJson, writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { testBackend } from "./backend.case.ts";
import { builtLibrary } from "./built.ts";
import { recording } from "./recording.ts";
import { whiteNoise } from "./signals.ts";
import { type BackendCase, cancelFlag, expectCode, failureOf, Subject } from "./subject.ts";

setDefaultTimeout(300_000);

const scratch = mkdtempSync(join(tmpdir(), "open-asr-parakeet-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
/** A small model whose vocabulary is that of an English model. */
const english = { ...smallShape, vocabulary: 1024 };
/** A model that works for long enough to be cancelled. */
const larger = { ...english, layers: 4, width: 256, channels: 64 };

testBackend({
  ...backend("english", english),
  id: "parakeet-mlx with a small Parakeet",
  skip: [
    { reason: "its models are folders", cases: ["loads a model from memory"] },
    {
      reason: "the model works for less than a tenth of a second; a larger one is cancelled below",
      cases: ["stops recognition after a cancel and stays usable"],
    },
  ],
});

testBackend({
  ...backend("larger", larger),
  id: "parakeet-mlx with a larger Parakeet",
  busy: whiteNoise(30),
  quick: ["stops recognition after a cancel and stays usable"],
  skip: [{ reason: "its models are folders", cases: ["loads a model from memory"] }],
});

describe("parakeet-mlx rejects a model folder", () => {
  const library = new EngineLibrary(mlxLibrary);

  test.each(brokenParakeet)(
    "damaged as $name, with a message that names the damage",
    ({ name, says, damage }) => {
      const from = join(scratch, name);
      cpSync(modelFolder("small", smallShape), from, { recursive: true });
      damage(from);
      const failure = failureOf(() => library.loadModel({ from, gpu: false, threads: 1 }));
      expect(failure.code).toBe("model_load_failed");
      expect(failure.message).toMatch(says);
      rmSync(from, { recursive: true });
    },
  );
});

describe("parakeet-mlx reads", () => {
  test("files in memory", () => {
    const folder = modelFolder("parity", parityShape);
    const names = ["config.json", "model.safetensors"];
    const files = names.map((name) => readFileSync(join(folder, name)));
    const from: ModelSource["from"] = new Map(names.map((name, i) => [name, files[i]!]));
    using subject = new Subject({ ...backend("parity", parityShape), model: from as never });
    using other = new Subject(backend("parity", parityShape));
    expect(recognize(subject)).toEqual(recognize(other));
  });

  test("the languages of the published models from the size of their vocabulary", async () => {
    for (const [vocabulary, languages] of [
      [1024, ["en"]],
      [8192, 25],
      [500, 0],
    ] as const) {
      const shape = { ...smallShape, vocabulary };
      using subject = new Subject(backend(`vocabulary-${vocabulary}`, shape));
      const promised = await inspectMlxParakeet(subject.backend.model);
      expect(promised?.languages).toEqual([...subject.info.languages]);
      expect(promised?.words).toBe((subject.info.capabilities & capability.tokenTimes) !== 0);
      if (typeof languages === "number") expect(promised?.languages).toHaveLength(languages);
      else expect(promised?.languages).toEqual([...languages]);
    }
  });
});

describe("the texts of tokens", () => {
  const pieces = [
    "\u2581and",
    "so",
    "\u2581.",
    "\u2581?!",
    "<unk>",
    "<|en|>",
    "\u00e9\u{1f600}",
    "<3",
  ];

  test("have spaces for U+2581, no space before an end of a sentence, and no text for control tokens", () => {
    const folder = join(scratch, "pieces");
    cpSync(modelFolder("small", smallShape), folder, { recursive: true });
    const path = join(folder, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as { joint: { vocabulary: string[] } };
    config.joint.vocabulary.splice(0, pieces.length, ...pieces);
    writeFileSync(path, pythonJson(config).replace("\u{1f600}", "\\uD83D\\ude00"));
    using subject = new Subject({ ...backend("small", smallShape), model: folder });
    const texts = pieces.map((_, id) => new TextDecoder().decode(subject.model.tokenBytes(id)));
    expect(texts).toEqual([" and", "so", ".", "?!", "", "", "\u00e9\u{1f600}", "<3"]);
  });
});

describe("a batch of parakeet-mlx", () => {
  /** Clips of different lengths, in an order that is not that of their lengths. */
  const files = ["en_agent-user.flac", "jfk.flac", "fr_vm-intro.flac", "en_demo-thanks.flac"];

  function chunksOf(subject: Subject, changes: Partial<Chunk> = {}): Chunk[] {
    return files.map((file) => subject.chunk({ input: recording(file), ...changes }));
  }

  test.each([
    ["tdt", {}],
    ["rnnt", { head: "rnnt" }],
    ["ctc", { head: "ctc" }],
    ["local", { context: 12 }],
  ] as const)("returns the results of the chunks alone (%s)", (name, variant) => {
    using subject = new Subject(backend(name, parityShape, variant));
    const chunks = chunksOf(subject);
    const together = recognizeTogether(subject, chunks);
    for (const [i, chunk] of chunks.entries()) {
      const alone = subject.lane.recognize(chunk);
      expect(together[i]!.status).toBe(0);
      expect(together[i]!.tokens).toEqual(alone.tokens);
      expect(together[i]!.startS).toEqual(alone.startS);
      expect(together[i]!.endS).toEqual(alone.endS);
      expect(together[i]!.avgLogprob).toBeCloseTo(alone.avgLogprob, 3);
      expect(alone.tokens.length).toBeGreaterThan(20);
    }
  });

  test("continues without a chunk that was cancelled", () => {
    using subject = new Subject(backend("tdt", parityShape));
    const chunks = chunksOf(subject);
    const alone = subject.lane.recognize(chunks[3]!);
    chunks[0] = { ...chunks[0]!, cancel: cancelFlag(1) };
    const together = recognizeTogether(subject, chunks);
    expect(together.map(({ status }) => status)).toEqual([-5, 0, 0, 0]);
    expect(together[3]!.tokens).toEqual(alone.tokens);
  });

  test("of eight lanes returns the tokens of one lane alone", async () => {
    using subject = new Subject(backend("tdt", parityShape));
    const whole = recording("jfk.flac");
    const pieces = Array.from({ length: 8 }, (_, i) => whole.slice(i * 16_000, (i + 3) * 16_000));
    const alone = pieces.map((input) => subject.lane.recognize(subject.chunk({ input })).tokens);
    expect(new Set(alone.map((tokens) => tokens.join())).size).toBeGreaterThan(4);
    const lanes = await openLanes(subject, 8);
    for (let round = 0; round < 5; round++) {
      const together = await Promise.all(
        lanes.map((lane, i) => lane.recognize(subject.chunk({ input: pieces[i]! }))),
      );
      expect(together.map(({ tokens }) => tokens)).toEqual(alone);
    }
  });

  test("returns a cancelled call before the calls that run together with it", async () => {
    using subject = new Subject(backend("larger", larger));
    const lanes = await openLanes(subject, 3);
    const input = whiteNoise(30);
    const cancel = cancelFlag();
    const ended: string[] = [];
    const calls = lanes.map(async (lane, i) => {
      const chunk = subject.chunk({ input, ...(i === 2 && { cancel }) });
      const outcome = await lane.recognize(chunk).then(
        () => "done",
        () => "cancelled",
      );
      ended.push(outcome);
    });
    await Bun.sleep(200);
    Atomics.store(cancel, 0, 1);
    await Promise.all(calls);
    expect(ended).toEqual(["cancelled", "done", "done"]);
  });
});

test("a translation is rejected, because the model only transcribes", () => {
  using subject = new Subject(backend("small", smallShape));
  expectCode("unsupported_value", () => recognize(subject, { translate: true }));
});

test("200 chunks, and then 49 minutes in chunks of 30 s, need no more memory than the first ones", () => {
  using subject = new Subject(backend("small", smallShape));
  const noise = whiteNoise(30);
  const run = (count: number, seconds: number): number => {
    const input = noise.subarray(0, seconds * 16_000);
    for (let i = 0; i < count; i++) recognize(subject, { input });
    Bun.gc(true);
    return process.memoryUsage.rss() / 1e6;
  };
  run(4, 30);
  const first = run(40, 5);
  expect(run(200, 5) - first).toBeLessThan(30);
  expect(run(isFull ? 98 : 10, 30) - first).toBeLessThan(60);
});

// --- internal ---

async function openLanes(subject: Subject, count: number): Promise<LaneClient[]> {
  const paths = { libraryPath: mlxLibrary, audioLibraryPath: builtLibrary("audio") };
  const lanes = Array.from({ length: count }, () => new LaneClient());
  await Promise.all(lanes.map((lane) => lane.open(paths, subject.pointer)));
  return lanes;
}

function recognize(subject: Subject, changes: Partial<Chunk> = {}) {
  return subject.lane.recognize(subject.chunk(changes));
}

/** Returns the folder of a random model. Writes it when a test first needs it. */
function modelFolder(name: string, shape: ParakeetShape, variant: ParakeetVariant = {}): string {
  const path = join(scratch, `model-${name}`);
  if (!existsSync(path)) writeParakeetFolder(path, shape, variant);
  return path;
}

function backend(name: string, shape: ParakeetShape, variant: ParakeetVariant = {}): BackendCase {
  return {
    id: "",
    libraryPath: mlxLibrary,
    model: modelFolder(name, shape, variant),
    weightsFile: "model.safetensors",
    speech,
    groups: ["recognize"],
    isWhisper: false,
    language: "en",
    says: null,
    skip: [],
  };
}

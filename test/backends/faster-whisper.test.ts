/** Runs the conformance suite for CTranslate2, with an English and a multilingual model. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTogether } from "../mlx/decode-together.ts";
import { AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { Model } from "../../src/runner/engine/asr-model.ts";
import type { Chunk, ModelSource } from "../../src/runner/engine/asr-structs.ts";
import { testBackend } from "./backend.case.ts";
import { breakFolder, brokenFolders } from "./broken-folders.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { recording } from "./recording.ts";
import { type BackendCase, cancelFlag, failureOf, Subject } from "./subject.ts";

const libraryPath = builtLibrary("ctranslate2");
/** Speech with the words "And so, my fellow Americans, ask not". */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
const says = /fellow Americans/iu;
const folders = {
  reason: "its models are folders",
  cases: ["loads a model from memory"],
};

const tinyEnglish = {
  libraryPath,
  ...folder("faster-whisper-tiny.en"),
  speech,
  groups: ["prompted"],
  isWhisper: true,
  language: "en",
  says,
} as const satisfies Omit<BackendCase, "id" | "skip">;

testBackend({
  ...tinyEnglish,
  id: "faster-whisper with tiny.en",
  skip: [
    folders,
    {
      reason: "an English-only model has no other language",
      cases: ["detects the language", "rejects a language that it lacks"],
    },
  ],
});

testBackend({
  id: "faster-whisper with base",
  libraryPath,
  ...folder("faster-whisper-base"),
  speech,
  groups: ["prompted"],
  isWhisper: true,
  language: "en",
  says,
  // `npm test` runs only these cases with this model. They need several languages or depend on the dimensions of the
  // model. The other cases run with tiny.en, because both models use the same code.
  quick: [
    "detects the language",
    "rejects a language that it lacks",
    "decodes speech",
    "reports model facts that are consistent",
    "reports the languages that requests can name",
  ],
  skip: [folders],
});

describe("faster-whisper rejects a model folder", () => {
  const library = new EngineLibrary(libraryPath);
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "open-asr-broken-folders-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  test.each(brokenFolders)(
    "damaged as $name, with a message that names the damage",
    ({ name, says: words, damage }) => {
      const from = breakFolder(builtModel("faster-whisper-tiny.en"), join(scratch, name), damage);
      const failure = failureOf(() => library.loadModel({ from, gpu: false, threads: 1 }));
      expect(failure.code).toBe("model_load_failed");
      expect(failure.message).toMatch(words);
      rmSync(from, { recursive: true });
    },
  );

  test("with a compute type that this CPU lacks, and lists the supported types", () => {
    const from = builtModel("faster-whisper-tiny.en");
    for (const computeType of ["float16", "int7"]) {
      const source = { from, gpu: false, threads: 1, computeType };
      const failure = failureOf(() => library.loadModel(source));
      expect(failure.code).toBe("model_load_failed");
      const list = /Cannot compute in \w+ on this CPU: expected one of .*float32/u;
      expect(failure.message).toMatch(list);
    }
  });

  test("if a GPU is requested", () => {
    const from = builtModel("faster-whisper-tiny.en");
    const failure = failureOf(() => library.loadModel({ from, gpu: true, threads: 1 }));
    expect(failure.message).toContain("GPU");
  });
});

describe("faster-whisper loads the files of a model from memory,", () => {
  const files = async (...left: readonly string[]) => {
    const names = ["model.bin", "config.json", "vocabulary.txt"].filter(
      (name) => !left.includes(name),
    );
    const folderPath = builtModel("faster-whisper-tiny.en");
    const read = names.map((name) => Bun.file(join(folderPath, name)).bytes());
    const contents = await Promise.all(read);
    return new Map(names.map((name, i) => [name, contents[i]!]));
  };

  test("and decodes the same tokens as from the folder", async () => {
    using fromFolder = open("faster-whisper-tiny.en");
    using fromMemory = openFrom(await files());
    const expected = fromFolder.lane.decode({ ...greedy, id: 1 }).tokens;
    expect(fromMemory.lane.decode({ ...greedy, id: 1 }).tokens).toEqual(expected);
    expect(fromMemory.model.info).toEqual(fromFolder.model.info);
  });

  test("and rejects them when one is missing or truncated", async () => {
    const truncated = await files();
    truncated.set("model.bin", truncated.get("model.bin")!.subarray(0, 1_000_000));
    for (const some of [
      truncated,
      await files("model.bin"),
      await files("vocabulary.txt"),
      new Map<string, Uint8Array>(),
    ]) {
      expect(failureOf(() => openFrom(some)).code).toBe("model_load_failed");
    }
  });
});

test.each(["float32", "int8_float32", "default"])(
  "faster-whisper decodes speech in %s",
  (computeType) => {
    using engine = open("faster-whisper-tiny.en", computeType);
    const { tokens } = engine.lane.decode({ ...greedy, id: 1 });
    const text = Buffer.concat([...tokens].map((id) => engine.model.tokenBytes(id)));
    expect(text.toString()).toMatch(says);
  },
);

describe("chunks that faster-whisper decodes in one batch", () => {
  const backend: BackendCase = {
    ...tinyEnglish,
    id: "",
    skip: [],
    // 8-bit results change a lot with the last digits of their inputs.
    computeType: "float32",
  };
  /** Chunks with windows of different lengths. */
  const chunksOf = (subject: Subject, changes: Partial<Chunk>): Chunk[] => {
    const long = [recording("jfk.flac"), recording("en_demo-abouttotry.flac")];
    const samples = Float32Array.from(long.flatMap((each) => [...each]));
    return [5, 11, 19, 28].map((seconds) => {
      const input = subject.heard(samples.subarray(0, seconds * 16_000));
      return subject.chunk({ ...changes, input, windowS: seconds });
    });
  };

  test.each([1, 5])("have the results of the chunks alone, with %d beams", (beamSize) => {
    using subject = new Subject(backend);
    const chunks = chunksOf(subject, { beamSize });
    const together = decodeTogether(subject, chunks);
    const windows = new Set(together.map(({ windowS }) => windowS));
    expect(windows.size).toBe(chunks.length);
    for (const [i, chunk] of chunks.entries()) {
      const alone = subject.lane.decode(chunk);
      expect(together[i]!.status).toBe(0);
      expect(together[i]!.tokens).toEqual(alone.tokens);
      expect(together[i]!.windowS).toBe(alone.windowS);
      expect(together[i]!.avgLogprob).toBeCloseTo(alone.avgLogprob, 4);
      expect(together[i]!.noSpeechProb).toBeCloseTo(alone.noSpeechProb, 4);
    }
  });

  test("continue without a chunk that was cancelled or is invalid", () => {
    using subject = new Subject(backend);
    const chunks = chunksOf(subject, { beamSize: 1 });
    const alone = subject.lane.decode(chunks[3]!);
    chunks[0] = { ...chunks[0]!, cancel: cancelFlag(1) };
    chunks[1] = { ...chunks[1]!, prompt: Int32Array.of(-1) };
    const together = decodeTogether(subject, chunks);
    expect(together.map(({ status }) => status)).toEqual([-5, -1, 0, 0]);
    expect(together[3]!.tokens).toEqual(alone.tokens);
  });
});

test("the memory of faster-whisper stays constant over many chunks", () => {
  using engine = open("faster-whisper-tiny.en");
  const decode = (id: number): void => {
    // The lengths of windows and the numbers of threads and beams vary, so that all buffers reach their full size
    // before the measurement.
    const windowS = id % 3 === 0 ? 30 : 15.36;
    const chunk = { ...greedy, id, windowS, threads: 1 + (id % 2), beamSize: 1 + (id % 4) };
    const temperature = id % 6 === 0 ? 0.2 : 0;
    const { tokens } = engine.lane.decode({ ...chunk, temperature });
    engine.lane.align({
      ...chunk,
      tokens: tokens.filter((t) => t < engine.model.info.tokenTextEnd),
    });
  };
  for (let id = 1; id <= 12; id++) decode(id);
  Bun.gc(true);
  const before = process.memoryUsage.rss() / 1e6;
  for (let id = 13; id <= 36; id++) decode(id);
  Bun.gc(true);
  // Limit in megabytes. It is less than the size of the activations of one window.
  expect(process.memoryUsage.rss() / 1e6 - before).toBeLessThan(15);
}, 300_000);

// --- internal ---

/** A chunk of the speech, with the fastest options for decoding. */
const greedy: Chunk = {
  input: new AudioLibrary(builtLibrary("audio")).logMel(speech, 80),
  cancel: new Int32Array(1),
  prompt: new Int32Array(0),
  tokens: new Int32Array(0),
  id: 0,
  windowS: 15.36,
  language: 0,
  translate: false,
  timestamps: false,
  temperature: 0,
  beamSize: 1,
  bestOf: 2,
  seed: 0,
  threads: 1,
};

function open(name: string, computeType: string | null = null) {
  return openFrom(builtModel(name), computeType);
}

function openFrom(from: ModelSource["from"], computeType: string | null = null) {
  const library = new EngineLibrary(libraryPath);
  const source = { from, gpu: false, threads: 1, computeType };
  const pointer = library.loadModel(source);
  const model = new Model(library, pointer);
  const lane = new Lane(library, pointer);
  return {
    model,
    lane,
    [Symbol.dispose](): void {
      lane[Symbol.dispose]();
      model[Symbol.dispose]();
    },
  };
}

function folder(name: string) {
  return { model: builtModel(name), weightsFile: "model.bin" };
}

/** CTranslate2 under the conformance suite: an English model and a multilingual one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { AudioLibrary } from "../../src/runner/audio-library.ts";
import { EngineLibrary, Lane, Model } from "../../src/runner/shim.ts";
import { testBackend } from "./backend.case.ts";
import { breakFolder, brokenFolders } from "./broken-folders.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { recording } from "./recording.ts";

const libraryPath = builtLibrary("ctranslate2");
/** "And so, my fellow Americans, ask not" */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
const says = /fellow Americans/iu;
const folders = {
  reason: "its models are folders",
  cases: ["loads a model from memory"],
};

testBackend({
  id: "faster-whisper with tiny.en",
  libraryPath,
  ...folder("faster-whisper-tiny.en"),
  speech,
  language: "en",
  says,
  skip: [
    folders,
    {
      reason: "an English-only model has no other language to take or to tell",
      cases: ["detects the language", "refuses a language it does not have"],
    },
  ],
});

testBackend({
  id: "faster-whisper with base",
  libraryPath,
  ...folder("faster-whisper-base"),
  speech,
  language: "en",
  says,
  skip: [folders],
});

describe("faster-whisper refuses a folder", () => {
  const library = new EngineLibrary(libraryPath);
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "open-asr-broken-folders-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  test.each(brokenFolders)("$name, and says what is wrong", ({ name, says: words, damage }) => {
    const from = breakFolder(builtModel("faster-whisper-tiny.en"), join(scratch, name), damage);
    const failure = failureOf(() => library.loadModel({ from, gpu: false, threads: 1 }));
    expect(failure.code).toBe("model_load_failed");
    expect(failure.message).toMatch(words);
    rmSync(from, { recursive: true });
  });

  test("that is to be computed in a type that this CPU has not, and lists those it has", () => {
    const from = builtModel("faster-whisper-tiny.en");
    for (const computeType of ["float16", "int7"]) {
      const source = { from, gpu: false, threads: 1, computeType };
      const failure = failureOf(() => library.loadModel(source));
      expect(failure.code).toBe("model_load_failed");
      const list = /Cannot compute in \w+ on this CPU: expected one of .*float32/u;
      expect(failure.message).toMatch(list);
    }
  });

  test("on a GPU", () => {
    const from = builtModel("faster-whisper-tiny.en");
    const failure = failureOf(() => library.loadModel({ from, gpu: true, threads: 1 }));
    expect(failure.message).toContain("GPU");
  });
});

test.each(["float32", "int8_float32", "default"])(
  "faster-whisper computes in %s",
  (computeType) => {
    const library = new EngineLibrary(libraryPath);
    const from = builtModel("faster-whisper-tiny.en");
    const pointer = library.loadModel({ from, gpu: false, threads: 1, computeType });
    using model = new Model(library, pointer);
    using lane = new Lane(library, pointer);
    const input = new AudioLibrary(builtLibrary("audio")).logMel(speech, 80);
    const { tokens } = lane.decode({
      input,
      cancel: new Int32Array(1),
      prompt: new Int32Array(0),
      tokens: new Int32Array(0),
      id: 1,
      windowS: 15.36,
      language: 0,
      translate: false,
      timestamps: false,
      temperature: 0,
      beamSize: 1,
      bestOf: 1,
      seed: 0,
      threads: 1,
    });
    const text = Buffer.concat([...tokens].map((id) => model.tokenBytes(id))).toString();
    expect(text).toMatch(says);
  },
);

// --- internal ---

function failureOf(work: () => unknown): AsrError {
  try {
    work();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error("expected an AsrError");
}

function folder(name: string) {
  const model = builtModel(name);
  return { model, weightsFile: "model.bin", tokenizerPath: join(model, "tokenizer.json") };
}

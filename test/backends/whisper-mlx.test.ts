/** Runs the conformance suite for Whisper on MLX, and tests its files and its batches. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import type { Chunk, ModelSource } from "../../src/runner/engine/asr-structs.ts";
import { isFull } from "../full.ts";
import { brokenFolders } from "../mlx/broken-folders.ts";
import { decodeTogether } from "../mlx/decode-together.ts";
import type { BusyLane } from "../mlx/busy-lane.worker.ts";
import { mlxLibrary } from "../mlx/library.ts";
import { type WhisperFolderOptions, writeWhisperFolder } from "../mlx/whisper-folder.ts";
import { testBackend } from "./backend.case.ts";
import { setFromAnotherThread } from "./cancel.case.ts";
import { recording } from "./recording.ts";
import { type BackendCase, cancelFlag, failureOf, Subject } from "./subject.ts";

setDefaultTimeout(300_000);

const scratch = mkdtempSync(join(tmpdir(), "open-asr-mlx-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Speech with the words "And so, my fellow Americans, ask not". */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
const says = /fellow Americans/iu;

testBackend({
  ...backend("tiny.en"),
  id: "whisper-mlx with tiny.en",
  // `npm test` runs only these cases. The others take minutes on a CPU, and mostly test code in ffi/common.
  quick: [
    "decodes speech",
    "decodes with different numbers of beams and samples",
    "decodes to the same result whether it keeps the encoding or computes it again",
    "rejects invalid chunks and stays usable",
    "reports model facts that are consistent",
    "does not start work that is already cancelled",
    "stops inside its encoder after a cancel and stays usable",
  ],
  skip: [
    { reason: "its models are folders", cases: ["loads a model from memory"] },
    {
      reason: "an English-only model has no other language",
      cases: ["detects the language", "rejects a language that it lacks"],
    },
  ],
});

testBackend({
  ...backend("base"),
  id: "whisper-mlx with base",
  quick: ["detects the language"],
  skip: [{ reason: "its models are folders", cases: ["loads a model from memory"] }],
});

describe("whisper-mlx rejects a model folder", () => {
  const library = new EngineLibrary(mlxLibrary);

  test.each(brokenFolders)(
    "damaged as $name, with a message that names the damage",
    ({ name, says: words, damage }) => {
      const from = join(scratch, name);
      cpSync(modelFolder("tiny.en"), from, { recursive: true });
      damage(from);
      const failure = failureOf(() => library.loadModel({ from, gpu: false, threads: 1 }));
      expect(failure.code).toBe("model_load_failed");
      expect(failure.message).toMatch(words);
      rmSync(from, { recursive: true });
    },
  );

  test("for a compute type or a GPU that this machine does not have", () => {
    const source = { from: modelFolder("tiny.en"), gpu: false, threads: 1 };
    const float16 = failureOf(() => library.loadModel({ ...source, computeType: "float16" }));
    expect(float16.message).toContain("expected one of float32");
    expect(failureOf(() => library.loadModel({ ...source, gpu: true })).message).toContain("GPU");
  });
});

describe("whisper-mlx reads", () => {
  const kinds: readonly (WhisperFolderOptions & { readonly kind: string })[] = [
    { kind: "float32", type: "F32" },
    { kind: "bfloat16", type: "BF16" },
    { kind: "an npz file", format: "npz", alignmentHeads: false },
    { kind: "8-bit weights", quantization: { groupSize: 64, bits: 8 } },
    {
      kind: "4-bit weights in an npz file",
      format: "npz",
      quantization: { groupSize: 32, bits: 4 },
    },
  ];

  test.skipIf(!isFull).each(kinds)("$kind", ({ kind, ...options }) => {
    const from = join(scratch, kind);
    writeWhisperFolder("tiny.en", from, options);
    using subject = new Subject({ ...backend("tiny.en"), model: from });
    rmSync(from, { recursive: true });
    using other = new Subject(backend("tiny.en"));
    const greedy = { beamSize: 1, timestamps: false };
    const { tokens } = subject.lane.decode(subject.chunk(greedy));
    expect(subject.textOf(tokens)).toMatch(says);
    // The heads for word times of tiny.en are the published ones, whether or not the file names them.
    if (kind === "float32" || kind === "an npz file")
      expect(subject.lane.align(subject.chunk({ tokens })).startS).toEqual(
        other.lane.align(other.chunk({ tokens })).startS,
      );
  });

  test("files in memory", () => {
    const names = ["config.json", "weights.safetensors"];
    const files = names.map((name) => readFileSync(join(modelFolder("tiny.en"), name)));
    const from: ModelSource["from"] = new Map(names.map((name, i) => [name, files[i]!]));
    using subject = new Subject({ ...backend("tiny.en"), model: from as never });
    expect(subject.textOf(subject.lane.decode(subject.chunk({ beamSize: 1 })).tokens)).toMatch(
      says,
    );
  });
});

describe("a batch of whisper-mlx", () => {
  /** Clips that end at different steps. */
  const files = ["jfk.flac", "en_agent-user.flac", "en_tt-allbusy.flac", "en_demo-thanks.flac"];

  function chunksOf(subject: Subject, changes: Partial<Chunk> = {}): Chunk[] {
    return files.map((file, i) => {
      const input = subject.heard(recording(file).subarray(0, 10 * 16_000));
      const prompt = Int32Array.from({ length: 3 * i }, () => 11);
      return subject.chunk({ input, prompt, timestamps: i % 2 === 0, ...changes });
    });
  }

  test.each([1, 3])("returns the results of the chunks alone, with %d beams", (beamSize) => {
    using subject = new Subject(backend("tiny.en"));
    const chunks = chunksOf(subject, { beamSize });
    const together = decodeTogether(subject, chunks);
    for (const [i, chunk] of chunks.entries()) {
      const alone = subject.lane.decode(chunk);
      expect(together[i]!.status).toBe(0);
      expect(subject.textOf(together[i]!.tokens)).toBe(subject.textOf(alone.tokens));
      expect(together[i]!.tokens).toEqual(alone.tokens);
      expect(together[i]!.avgLogprob).toBeCloseTo(alone.avgLogprob, 3);
      expect(together[i]!.noSpeechProb).toBeCloseTo(alone.noSpeechProb, 3);
    }
  });

  test("continues without a chunk that was cancelled or is invalid", () => {
    using subject = new Subject(backend("tiny.en"));
    const chunks = chunksOf(subject, { beamSize: 1 });
    const alone = subject.lane.decode(chunks[3]!);
    chunks[0] = { ...chunks[0]!, cancel: cancelFlag(1) };
    chunks[1] = { ...chunks[1]!, prompt: Int32Array.of(-1) };
    const together = decodeTogether(subject, chunks);
    expect(together.map(({ status }) => status)).toEqual([-5, -1, 0, 0]);
    expect(together[3]!.tokens).toEqual(alone.tokens);
  });
});

describe("a call of whisper-mlx that waits for the work of another lane", () => {
  test.each(["align", "decode"] as const)("ends after a cancel (%s)", async (call) => {
    using subject = new Subject(backend("tiny.en"));
    const files = ["en_demo-abouttotry.flac", "en_demo-moreinfo.flac"];
    const long = Float32Array.from(files.flatMap((file) => [...recording(file)]));
    const input = subject.heard(long.subarray(0, 29 * 16_000));
    await using busy = await occupyOwner({
      libraryPath: mlxLibrary,
      model: subject.pointer,
      chunk: subject.chunk({ input, windowS: 30 }),
      ended: cancelFlag(),
    });
    const cancel = cancelFlag();
    await using _canceller = await setFromAnotherThread(cancel, 100);
    const chunk = subject.chunk({ cancel, tokens: Int32Array.of(11) });
    expect(failureOf(() => subject.lane[call](chunk)).code).toBe("client_closed_request");
    expect(busy.hasEnded()).toBe(false);
  });
});

// --- internal ---

/** Starts work on another lane. At the end of the scope, waits for the end of this work. */
async function occupyOwner(work: BusyLane) {
  const worker = new Worker(new URL("../mlx/busy-lane.worker.ts", import.meta.url));
  const message = (text: string) =>
    new Promise<void>((resolve) => {
      worker.addEventListener("message", ({ data }) => {
        if (data === text) resolve();
      });
    });
  const started = message("started");
  const ended = message("ended");
  worker.postMessage(work);
  await started;
  // The other thread makes its call after this message.
  await Bun.sleep(100);
  return {
    hasEnded: () => Atomics.load(work.ended, 0) === 1,
    async [Symbol.asyncDispose]() {
      await ended;
      worker.terminate();
    },
  };
}

/** Returns the folder of a model for MLX. Writes it when a test first needs it. */
function modelFolder(name: "tiny.en" | "base"): string {
  const path = join(scratch, `whisper-${name}`);
  if (!existsSync(path)) writeWhisperFolder(name, path);
  return path;
}

function backend(name: "tiny.en" | "base"): BackendCase {
  return {
    id: "",
    libraryPath: mlxLibrary,
    model: modelFolder(name),
    weightsFile: "weights.safetensors",
    speech,
    groups: ["prompted"],
    isWhisper: true,
    language: "en",
    says,
    skip: [],
  };
}

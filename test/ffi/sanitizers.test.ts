/**
 * Tests the engine libraries under AddressSanitizer and UndefinedBehaviorSanitizer. The C program in `engine/` makes
 * the calls.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { breakFolder, brokenFolders } from "../backends/broken-folders.ts";
import { builtLibrary, builtModel } from "../backends/built.ts";
import { isFull } from "../full.ts";
import { brokenFolders as brokenMlxFolders } from "../mlx/broken-folders.ts";
import { writeWhisperFolder } from "../mlx/whisper-folder.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { streamingParakeetFile } from "../gguf/streaming-parakeet.ts";
import { recording, recordingAt } from "../backends/recording.ts";
import { brokenKyutaiFolders } from "../mlx/broken-kyutai.ts";
import { brokenParakeet } from "../mlx/broken-parakeet.ts";
import { smallShape as kyutaiShape } from "../mlx/kyutai/shapes.ts";
import { writeKyutaiFolder } from "../mlx/kyutai/write-kyutai.ts";
import { writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { run } from "./run.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** CMake folder of the build. It already contains a compiled ggml. */
const platform = `${process.platform}-${process.arch}`;
const folder = join(repository, ".build/cmake", `${platform}-native`);
/** CMake folder of transcribe.cpp, which has its own project. */
const transcribeFolder = join(repository, ".build/cmake", `transcribe-cpp-${platform}-native`);
/** CMake folder of the MLX engine, which has its own project. */
const mlxFolder = join(repository, ".build/cmake", `mlx-${platform}`);
const speechS = 3;
/**
 * CMake targets that take more than a minute to compile and run, so only the full run builds them. In `npm test`, the
 * null engine covers the accessors in ffi/common, because all engines use the same accessors.
 */
const realEngines = ["asr_whisper_cpp_test", "asr_ctranslate2_test"];

/** Skipped on Windows, because only GCC and Clang on Linux and macOS provide these sanitizers. */
describe.skipIf(process.platform === "win32")("engine libraries under sanitizers", () => {
  let scratch: string;
  let samples: string;
  let features: string;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "open-asr-sanitizers-"));
    samples = join(scratch, "samples.f32");
    features = join(scratch, "features.f32");
    const speech = recording("jfk.flac").slice(0, speechS * 16_000);
    await Bun.write(samples, speech);
    await Bun.write(features, new AudioLibrary(builtLibrary("audio")).logMel(speech, 80));
    const targets = ["asr_null_test", ...(isFull ? realEngines : [])];
    await run(
      ["cmake", "--build", folder, "--target", ...targets],
      ["--parallel", String(availableParallelism())],
    );
  }, 900_000);
  afterAll(() => rmSync(scratch, { recursive: true }));

  const expectClean = async (...command: readonly string[]): Promise<void> => {
    const output = await run(command);
    expect(output).not.toContain("runtime error");
    expect(output.trim()).toEndWith("ok");
  };

  test.each(["echo", "transducer", "streaming"])(
    "the null engine has no memory error (model %s)",
    async (model) => {
      await expectClean(join(folder, "asr_null_test"), model, samples);
    },
    600_000,
  );

  test.skipIf(!isFull)(
    "whisper-cpp has no memory error",
    async () => {
      const model = builtModel("ggml-tiny.en-q8_0.bin");
      await expectClean(join(folder, "asr_whisper_cpp_test"), model, samples);
    },
    600_000,
  );

  test.skipIf(!isFull)(
    "transcribe-cpp has no memory error, also with broken models",
    async () => {
      const parallel = ["--parallel", String(availableParallelism())];
      const target = ["--target", "asr_transcribe_cpp_test"];
      await run(["cmake", "--build", transcribeFolder, ...target], parallel);
      const gguf = parakeetFile(smallShape);
      const broken = [40, 1000, 5000, 100_000, gguf.length - 1].map((size) => {
        const path = join(scratch, `cut-${size}.gguf`);
        writeFileSync(path, gguf.subarray(0, size));
        return path;
      });
      const model = join(scratch, "small.gguf");
      writeFileSync(model, gguf);
      const program = join(transcribeFolder, "asr_transcribe_cpp_test");
      await expectClean(program, model, samples, ...broken);
      const streaming = join(scratch, "streaming.gguf");
      writeFileSync(streaming, streamingParakeetFile());
      await expectClean(program, streaming, samples);
    },
    900_000,
  );

  // MLX itself is not compiled with the sanitizers.
  test.skipIf(!isFull)(
    "Whisper on MLX has no memory error, also with broken models",
    async () => {
      await run(["cmake", "--build", mlxFolder, "--target", "asr_mlx_test"]);
      const model = join(scratch, "mlx-tiny.en");
      writeWhisperFolder("tiny.en", model);
      const broken = brokenMlxFolders.map(({ name, damage }) =>
        damagedCopy(model, join(scratch, `mlx-${name}`), damage),
      );
      await expectClean(join(mlxFolder, "asr_mlx_test"), model, features, ...broken);
    },
    900_000,
  );

  test.skipIf(!isFull)(
    "Parakeet on MLX has no memory error, also with broken models",
    async () => {
      await run(["cmake", "--build", mlxFolder, "--target", "asr_mlx_test"]);
      const model = join(scratch, "parakeet");
      writeParakeetFolder(model, { ...smallShape, vocabulary: 1024 });
      const broken = brokenParakeet.map(({ name, damage }) =>
        damagedCopy(model, join(scratch, `parakeet-${name}`), damage),
      );
      await expectClean(join(mlxFolder, "asr_mlx_test"), model, samples, ...broken);
    },
    900_000,
  );

  test.skipIf(!isFull)(
    "Kyutai on MLX has no memory error, also with broken models",
    async () => {
      await run(["cmake", "--build", mlxFolder, "--target", "asr_mlx_test"]);
      const model = join(scratch, "kyutai");
      writeKyutaiFolder(model, kyutaiShape);
      const broken = brokenKyutaiFolders.map(({ name, damage }) =>
        damagedCopy(model, join(scratch, `kyutai-${name}`), damage),
      );
      const speech = join(scratch, "samples-24k.f32");
      await Bun.write(speech, recordingAt(24_000, "jfk.flac").slice(0, speechS * 24_000));
      await expectClean(join(mlxFolder, "asr_mlx_test"), model, speech, ...broken);
    },
    900_000,
  );

  test.skipIf(!isFull)(
    "ctranslate2 has no memory error, also with broken models",
    async () => {
      const model = builtModel("faster-whisper-tiny.en");
      const broken = brokenFolders.map(({ name, damage }) =>
        breakFolder(model, join(scratch, name), damage),
      );
      await expectClean(join(folder, "asr_ctranslate2_test"), model, features, ...broken);
    },
    600_000,
  );
});

// --- internal ---

/** Copies the folder of a model to `copy`, damages the copy, and returns its path. */
function damagedCopy(model: string, copy: string, damage: (folder: string) => void): string {
  cpSync(model, copy, { recursive: true });
  damage(copy);
  return copy;
}

/**
 * Loads GGUF files with false numbers into transcribe.cpp, without the checks of the server before it. The engine must
 * reject each file before it allocates memory for these numbers.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { Model } from "../../src/runner/engine/asr-model.ts";
import { hostileGgufFiles } from "../gguf/hostile.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { builtLibrary } from "./built.ts";
import { expectCode } from "./subject.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-hostile-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const library = new EngineLibrary(builtLibrary("transcribe-cpp"));
/** Maximum growth of memory in bytes for one file. The files have 0.3 MB. */
const growthBytesMax = 100e6;

test("the same file without damage is loaded", () => {
  const from = join(folder, "intact.gguf");
  writeFileSync(from, parakeetFile(smallShape));
  using model = new Model(library, library.loadModel({ from, gpu: false, threads: 1 }));
  expect(model.info.nVocab).toBeGreaterThan(smallShape.vocabulary);
});

test.each(hostileGgufFiles())("a GGUF file with %s is rejected", (_what, bytes) => {
  const from = join(folder, "hostile.gguf");
  writeFileSync(from, bytes);
  const before = process.memoryUsage.rss();
  expectCode("model_load_failed", () => library.loadModel({ from, gpu: false, threads: 1 }));
  expect(process.memoryUsage.rss() - before).toBeLessThan(growthBytesMax);
});

/** Compiles C++ programs that test parts of the engine libraries alone, under sanitizers, and runs them. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { runnableLevels } from "../../src/platform/cpu-levels.ts";
import { run } from "./run.ts";

const ffi = join(import.meta.dirname, "../../ffi");
const scratch = mkdtempSync(join(tmpdir(), "open-asr-programs-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const memory = "-fsanitize=address,undefined";
const avx2 = ["-mavx2", "-mfma", "-mf16c"];
const flags = {
  avx2,
  avx512: [...avx2, "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni"],
};
const levels = new Set(process.platform === "linux" ? runnableLevels(cpuFeatures()) : []);

describe.each(["avx2", "avx512"] as const)("with the instructions of %s,", (level) => {
  test.skipIf(!levels.has(level))(
    "our products of q8_0 matrices equal sums in 64-bit floats",
    () => expectOk("ggml/q8_product.cpp", [memory, `-I${ffi}/ggml`, ...flags[level]]),
    300_000,
  );
});

test.skipIf(process.platform !== "linux")(
  "the scheduler of CTranslate2's lanes divides the threads and joins the chunks",
  () => expectOk("ctranslate2/scheduler.cpp", ["-fsanitize=thread", `-I${ffi}`, `-I${ffi}/common`]),
  300_000,
);

async function expectOk(source: string, options: readonly string[]): Promise<void> {
  const program = join(scratch, source.replaceAll("/", "-"));
  const path = join(import.meta.dirname, source);
  await run(["c++", "-std=c++17", "-O1", "-g1", ...options, path, "-o", program, "-lpthread"]);
  expect(await run([program])).toBe("ok\n");
}

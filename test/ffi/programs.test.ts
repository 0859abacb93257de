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
/** GCC 12 warns of its own header. */
const quiet = ["-Wno-maybe-uninitialized", "-Wno-uninitialized"];
const avx512 = ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni", ...quiet];
const features = process.platform === "linux" ? cpuFeatures() : new Set<string>();
const levels = runnableLevels(features);
/** For each level of the x64 instructions: the flags of the compiler, and whether this CPU has them. */
const instructions = {
  avx2: { flags: avx2, isPresent: levels.includes("avx2") },
  avxvnni: { flags: [...avx2, "-mavxvnni"], isPresent: features.has("avx_vnni") },
  avx512: {
    flags: [...avx2, ...avx512],
    isPresent: ["avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"].every((feature) =>
      features.has(feature),
    ),
  },
  amx: {
    flags: [...avx2, ...avx512, "-mavx512bf16", "-mamx-tile", "-mamx-int8", "-mamx-bf16"],
    isPresent: ["amx_tile", "amx_int8", "amx_bf16"].every((feature) => features.has(feature)),
  },
} as const;

describe.each(["avx2", "avx512"] as const)("with the instructions of %s,", (level) => {
  const { flags, isPresent } = instructions[level];
  test.skipIf(!isPresent)(
    "our products of q8_0 matrices equal sums in 64-bit floats",
    () => expectOk("ggml/q8_product.cpp", [memory, `-I${ffi}/ggml`, ...flags]),
    300_000,
  );
});

describe.each(["avx2", "avxvnni", "avx512", "amx"] as const)(
  "with the instructions of %s,",
  (level) => {
    const { flags, isPresent } = instructions[level];
    test.skipIf(!isPresent)(
      "our products and attention for CTranslate2 equal sums in 64-bit numbers",
      () => expectOk("ctranslate2/cpu.cpp", [memory, `-I${ffi}/ctranslate2/cpu`, ...flags]),
      300_000,
    );
  },
);

test.skipIf(process.platform !== "linux")(
  "the largest of many numbers are those of a sort",
  () => expectOk("common/largest.cpp", [memory, `-I${ffi}/common`]),
  300_000,
);

test.skipIf(process.platform !== "linux")(
  "the tokens of a search in CTranslate2 keep their slots, and slots are used again",
  () => expectOk("ctranslate2/token_slots.cpp", [memory, `-I${ffi}/ctranslate2`]),
  300_000,
);

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

/** Tests our products of q8_0 matrices for ggml, under sanitizers and with the instructions of this CPU. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { runnableLevels } from "../../src/platform/cpu-levels.ts";

const repository = new URL("../../", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "open-asr-products-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const avx2 = ["-mavx2", "-mfma", "-mf16c"];
const flags = {
  avx2,
  avx512: [...avx2, "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni"],
};
const levels = new Set(process.platform === "linux" ? runnableLevels(cpuFeatures()) : []);

for (const level of ["avx2", "avx512"] as const) {
  test.skipIf(!levels.has(level))(
    `the products with ${level} equal sums in 64-bit floats`,
    async () => {
      const program = join(scratch, level);
      const source = join(import.meta.dirname, "ggml/q8_product.cpp");
      await run(
        ["c++", "-std=c++17", "-O1", "-g1", "-fsanitize=address,undefined", ...flags[level]],
        [`-I${join(repository, "ffi/ggml")}`, source, "-o", program],
      );
      expect(await run([program])).toBe("ok\n");
    },
    300_000,
  );
}

/** Runs a command and returns its output. Throws the output if the command failed. */
async function run(...parts: readonly (readonly string[])[]): Promise<string> {
  const child = Bun.spawn(parts.flat(), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0)
    throw new Error(`${parts[0]?.[0]} failed (${code}): ${output}${errors.slice(-4000)}`);
  return output;
}

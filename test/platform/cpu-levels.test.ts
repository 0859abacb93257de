import { expect, test } from "bun:test";
import { cpuLevels, runnableLevels } from "../../src/platform/cpu-levels.ts";

test("a CPU can run the levels whose features it has; the best comes first", () => {
  expect(runnableLevels(new Set())).toEqual(["native", "baseline"]);
  expect(runnableLevels(new Set(cpuLevels.avx2))).toEqual(["native", "avx2", "baseline"]);
  const all = runnableLevels(new Set(cpuLevels.avx512));
  expect(all).toEqual(["native", "avx512", "avx2", "baseline"]);
  const lacking = cpuLevels.avx512.filter((feature) => feature !== "avx512_bf16");
  expect(runnableLevels(new Set(lacking))).toEqual(["native", "avx2", "baseline"]);
  expect(runnableLevels(new Set(["asimddp", "asimdhp"]))).toEqual([
    "native",
    "dotprod",
    "baseline",
  ]);
});

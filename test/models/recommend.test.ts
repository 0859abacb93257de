import { expect, test } from "bun:test";
import { type MachineFacts, recommendModel } from "../../src/models/recommend.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";

const laptop: MachineFacts = {
  memoryBytes: 16e9,
  physicalCores: 8,
  hasGpu: false,
  languages: null,
};

test.each([
  ["with eight cores", {}, "large-v3-turbo"],
  ["with a GPU and two cores", { hasGpu: true, physicalCores: 2 }, "large-v3-turbo"],
  ["with a GPU and little memory", { hasGpu: true, memoryBytes: 2e9 }, "large-v3-turbo-q5_0"],
  ["with eight cores and little memory", { memoryBytes: 2e9 }, "large-v3-turbo-q5_0"],
  ["with four cores", { physicalCores: 4 }, "small"],
  ["with two cores, for English", { physicalCores: 2, languages: ["en"] }, "small.en"],
  [
    "with two cores, for English and French",
    { physicalCores: 2, languages: ["en", "fr"] },
    "small",
  ],
  ["with two cores and 1 GB", { physicalCores: 2, memoryBytes: 1e9 }, "small-q5_1"],
] as const)("a machine %s gets %o: %s", (_machine, facts, model) => {
  const found = recommendModel({ ...laptop, ...facts });
  expect(found?.model).toBe(model);
  expect(found?.command).toBe(`open-asr-server models pull ${model}`);
  expect(whisperCpp.publishedModels).toContain(model);
});

test("a machine with one core, or with little memory, keeps the starter model", () => {
  expect(recommendModel({ ...laptop, physicalCores: 1 })).toBeNull();
  expect(recommendModel({ ...laptop, memoryBytes: 500e6 })).toBeNull();
});

test("the reason is one clause, and names what makes the machine fast enough", () => {
  expect(recommendModel(laptop)?.reason).toBe(
    "it makes the fewest errors, and 8 cores are faster than speech",
  );
  expect(recommendModel({ ...laptop, hasGpu: true })?.reason).toContain("the GPU is faster");
});

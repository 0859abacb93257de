import { expect, test } from "bun:test";
import { type MachineFacts, recommendModel } from "../../src/models/recommend.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";

const laptop: MachineFacts = {
  memoryBytes: 16e9,
  physicalCores: 8,
  hasGpu: false,
  preferredDefaults: [],
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

test("a Mac with Apple silicon gets Parakeet, also for languages that it knows", () => {
  const mac = { ...laptop, hasGpu: true, preferredDefaults: ["parakeet-tdt-0.6b-v3"] };
  for (const languages of [null, ["en"], ["de", "fr"]]) {
    const found = recommendModel({ ...mac, languages });
    expect(found?.command).toBe("open-asr-server models pull parakeet-tdt-0.6b-v3");
    expect(found?.reason).toContain("it becomes the default model");
  }
  expect(recommendModel({ ...mac, languages: ["ja"] })?.model).toBe("large-v3-turbo");
});

test("the reason is one clause, and names what makes the machine fast enough", () => {
  expect(recommendModel(laptop)?.reason).toBe(
    "it makes the fewest errors, and 8 cores are faster than speech",
  );
  expect(recommendModel({ ...laptop, hasGpu: true })?.reason).toContain("the GPU is faster");
});

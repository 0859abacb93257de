import { expect, test } from "bun:test";
import { publishedModel } from "../../src/models/backends/transcribe-cpp-models.ts";
import { needs, recommendByNeed } from "../../src/models/recommend-by-need.ts";
import type { MachineFacts } from "../../src/models/recommend.ts";

const laptop: MachineFacts = {
  memoryBytes: 16e9,
  physicalCores: 8,
  hasGpu: false,
  preferredDefaults: [],
  languages: null,
};

function namesFor(facts: Partial<MachineFacts>): Record<string, string> {
  const found = recommendByNeed({ ...laptop, ...facts });
  return Object.fromEntries(found.map(({ need, model }) => [need, model]));
}

test.each([
  [
    "for English",
    { languages: ["en"] },
    {
      speed: "parakeet-tdt-0.6b-v2",
      accuracy: "cohere-transcribe-03-2026",
      languages: "parakeet-tdt-0.6b-v3",
      memory: "moonshine-base",
    },
  ],
  [
    "for Russian",
    { languages: ["ru"] },
    {
      speed: "gigaam-v3-e2e-rnnt",
      accuracy: "gigaam-v3-e2e-rnnt",
      languages: "parakeet-tdt-0.6b-v3",
      memory: "gigaam-v3-e2e-rnnt",
    },
  ],
  [
    "for English and French with two cores and little memory",
    { languages: ["en", "fr"], physicalCores: 2, memoryBytes: 1.8e9 },
    { memory: "parakeet-tdt-0.6b-v3-q4_k_m" },
  ],
  [
    "for Japanese with two cores",
    { languages: ["ja"], physicalCores: 2 },
    {
      speed: "sensevoice-small",
      accuracy: "qwen3-asr-0.6b",
      languages: "qwen3-asr-0.6b",
      memory: "sensevoice-small",
    },
  ],
  [
    "for English with one core",
    { languages: ["en"], physicalCores: 1 },
    {
      speed: "parakeet-tdt-0.6b-v2",
      accuracy: "parakeet-tdt-0.6b-v2",
      languages: "parakeet-tdt-0.6b-v3",
      memory: "moonshine-base",
    },
  ],
  ["for a language that no such model knows", { languages: ["en", "sw"] }, {}],
  ["with too little memory", { memoryBytes: 400e6 }, {}],
] as const)("a machine %s gets a model for each need", (_machine, facts, names) => {
  expect(namesFor(facts)).toEqual(names);
});

test("with unknown languages, no model of one language is recommended", () => {
  const found = recommendByNeed(laptop);
  expect(found.map(({ need }) => need)).toEqual([...needs]);
  expect(found.every(({ languages }) => languages.length > 1)).toBe(true);
});

test("each recommended model is published, and its command downloads it", () => {
  for (const languages of [null, ["en"], ["ru"], ["zh"], ["de"], ["hi"]]) {
    for (const { model, bytes, command } of recommendByNeed({ ...laptop, languages })) {
      expect({ model, bytes }).toEqual({ model, bytes: publishedModel(model)!.bytes });
      expect(command).toBe(`open-asr-server models pull ${model}`);
    }
  }
});

/** Tests the names of the published models of transcribe.cpp. */
import { expect, test } from "bun:test";
import {
  modelOfGgufFile,
  publishedModel,
  publishedNames,
} from "../../../src/models/backends/transcribe-cpp-models.ts";
import { transcribeCpp } from "../../../src/models/backends/transcribe-cpp.ts";
import { accepts } from "../../../src/models/model-finder.ts";

test("each published name selects a file with 8-bit weights", () => {
  for (const name of publishedNames) {
    expect([name, accepts(transcribeCpp, name)]).toEqual([name, true]);
    const found = publishedModel(name);
    expect(found?.file).toEndWith("-Q8_0.gguf");
    expect(modelOfGgufFile(found?.file ?? "")).toBe(`${name}-q8_0`);
  }
});

test.each([
  ["parakeet-tdt-0.6b-v3", "parakeet-tdt-0.6b-v3-Q8_0.gguf", 740e6],
  ["parakeet-tdt-0.6b-v3-q4_k_m", "parakeet-tdt-0.6b-v3-Q4_K_M.gguf", 502e6],
  ["nvidia/parakeet-tdt-0.6b-v2-F32", "parakeet-tdt-0.6b-v2-F32.gguf", 2470e6],
  ["mlx-community/parakeet-tdt-0.6b-v3", "parakeet-tdt-0.6b-v3-Q8_0.gguf", 740e6],
  ["handy-computer/Qwen3-ASR-0.6B-gguf", "Qwen3-ASR-0.6B-Q8_0.gguf", 811e6],
  ["Qwen3-ASR-0.6B-bf16", "Qwen3-ASR-0.6B-BF16.gguf", 1499e6],
  ["sensevoice-small-q5_k_m", "SenseVoiceSmall-Q5_K_M.gguf", 164e6],
] as const)("the name %p selects the file %p", (name, file, bytes) => {
  expect(publishedModel(name)).toMatchObject({ file, bytes });
});

test.each(["moonshine-tiny-q4_k_m", "parakeet-tdt-0.6b-v3-bf16", "qwen3-asr-0.6b-f32", "-q8_0"])(
  "the name %p selects no file, because it is not published",
  (name) => {
    expect(publishedModel(name)).toBeNull();
    expect(modelOfGgufFile(`${name}.gguf`)).toBeNull();
  },
);

/** Tests where the Whisper models for MLX are on the hub. */
import { expect, test } from "bun:test";
import { mlxBackends } from "../../../src/models/backends/mlx.ts";
import { mlxRepositories } from "../../../src/models/backends/mlx-models.ts";

const [whisper, lightning, parakeet] = mlxBackends({ mlxLibrary: "/libasr_mlx.so" });

test.each([
  ["whisper-tiny", ["mlx-community/whisper-tiny", "mlx-community/whisper-tiny-mlx"]],
  ["whisper-small", ["mlx-community/whisper-small-mlx", "mlx-community/whisper-small"]],
  [
    "whisper-large-v3-turbo",
    ["mlx-community/whisper-large-v3-turbo", "mlx-community/whisper-large-v3-turbo-mlx"],
  ],
  [
    "lightning-whisper-large-v2",
    ["mlx-community/whisper-large-v2-mlx", "mlx-community/whisper-large-v2"],
  ],
  ["lightning-whisper-distil-large-v3", ["mustafaaljadery/distil-whisper-mlx"]],
  ["mlx-community/whisper-base.en-mlx-8bit", ["mlx-community/whisper-base.en-mlx-8bit"]],
  ["someone/their-whisper", ["someone/their-whisper"]],
  ["small", []],
  ["../whisper-small", []],
])("the model %p is in the repositories %p", (name, repositories) => {
  expect(mlxRepositories(name)).toEqual(repositories);
});

test("lightning-whisper-mlx decodes 12 chunks together, or as many as the operator says", () => {
  expect(lightning!.lanes).toBe(12);
  const [plain, small] = mlxBackends({ mlxLibrary: "/libasr_mlx.so", batchSize: 4 });
  expect(small!.lanes).toBe(4);
  expect(plain!.lanes).toBeUndefined();
});

test("each published model has a repository with a known size", () => {
  for (const backend of [whisper, lightning, parakeet]) {
    for (const name of backend!.publishedModels) {
      const remote = backend!.remote!(name);
      expect({ name, ...remote }).toMatchObject({ isPublished: true, bytes: expect.any(Number) });
    }
  }
});

test("a distilled model is a folder of its repository", () => {
  expect(lightning!.remote!("lightning-whisper-distil-small.en")).toEqual({
    repository: "mustafaaljadery/distil-whisper-mlx",
    files: ["mlx_models/distil-small.en/config.json", "mlx_models/distil-small.en/weights.*"],
    isPublished: true,
    folder: "distil-small.en",
    bytes: 330e6,
    translates: false,
  });
});

test("the size of quantised weights is unknown", () => {
  expect(whisper!.remote!("mlx-community/whisper-small-mlx-4bit")?.bytes).toBeNull();
  expect(whisper!.remote!("mlx-community/whisper-small-mlx")?.bytes).toBe(490e6);
});

test("names of OpenAI's sizes alone have no repository", () => {
  expect(whisper!.remote!("small")).toBeNull();
});

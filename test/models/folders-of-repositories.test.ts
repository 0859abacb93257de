/** Tests models that are a folder of a repository with several models. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mlxBackends } from "../../src/models/backends/mlx.ts";
import { importModel } from "../../src/models/import/import-model.ts";
import { removableModel } from "../../src/models/removable.ts";
import { openCatalog } from "./open-catalog.ts";

const backends = mlxBackends({ mlxLibrary: "/libasr_mlx.so" });
const name = "lightning-whisper-distil-small.en";
const inside = "mlx_models/distil-small.en";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-folders-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes the files with which a folder is accepted. Returns its path. */
function writeModel(...path: readonly string[]): string {
  const model = join(folder, ...path);
  mkdirSync(model, { recursive: true });
  const config = { n_mels: 80, n_vocab: 51_864, n_audio_layer: 12, n_text_layer: 4 };
  writeFileSync(join(model, "config.json"), JSON.stringify(config));
  writeFileSync(join(model, "weights.npz"), "weights");
  return model;
}

test("such a model is found in the model folder where the advice puts its files", async () => {
  const model = writeModel("models", "distil-small.en");
  const catalog = openCatalog({ backends, modelDir: join(folder, "models") });
  const { model: found } = await catalog.locate(name);
  expect(found?.source).toEqual({ path: model });
});

test("the folder of the whole repository is not taken for such a model", async () => {
  writeModel("models", "distil-whisper-mlx", inside);
  const catalog = openCatalog({ backends, modelDir: join(folder, "models") });
  expect((await catalog.locate(name)).model).toBeNull();
});

test("such a model is imported into its folder, is found there, and can be removed by its path", async () => {
  const hubCacheFolder = join(folder, "hub");
  const { repository, files } = backends[1]!.remote!(name)!;
  const imported = await importModel(writeModel("copy"), {
    cacheFolder: hubCacheFolder,
    backends,
    signal: new AbortController().signal,
    targetOf: () => Promise.resolve({ repository, files }),
  });
  expect(imported.files.toSorted()).toEqual([`${inside}/config.json`, `${inside}/weights.npz`]);
  const catalog = openCatalog({ backends, hubCacheFolder });
  const located = await catalog.locate(name);
  const path = join(imported.folder, inside);
  expect(located.model?.source).toEqual({ path });
  const byPath = { model: { ...located.model!, id: path }, source: null };
  expect(removableModel(path, byPath, hubCacheFolder)).toEqual({
    repository,
    revision: "main",
    files: [inside, `${inside}/**`],
  });
});

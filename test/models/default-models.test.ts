/** Tests which model is the default model on a platform that prefers others to the starter model. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listBackends } from "../../src/models/backends/index.ts";
import type { CatalogOptions } from "../../src/models/catalog.ts";
import { preferredDefaults } from "../../src/models/default-models.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { openCatalog } from "./open-catalog.ts";

const mac = { platform: "darwin", arch: "arm64" };
const name = "parakeet-tdt-0.6b-v3";
const backends = listBackends({
  nullBackend: false,
  mlxLibrary: "/libasr_mlx.so",
  vulkanLibrary: null,
});

let modelDir = "";
beforeEach(() => {
  modelDir = mkdtempSync(join(tmpdir(), "open-asr-defaults-"));
});
afterEach(() => rmSync(modelDir, { recursive: true }));

async function defaultModel(
  options: Partial<CatalogOptions> = {},
  origin: "client" | "operator" = "client",
): Promise<string> {
  const catalog = openCatalog({
    backends,
    modelDir,
    preferredDefaults: preferredDefaults(mac),
    ...options,
  });
  const { id, backend } = await catalog.resolve(null, origin);
  const [first] = await catalog.local(origin);
  expect(first).toMatchObject({ isDefault: true, model: { id } });
  return `${id} on ${backend}`;
}

const writeMlx = () => writeParakeetFolder(join(modelDir, name), smallShape);
const writeGguf = () =>
  writeFileSync(join(modelDir, `${name}-Q8_0.gguf`), parakeetFile(smallShape));

test("only Apple silicon prefers another model to the starter model", () => {
  expect(preferredDefaults(mac)).toEqual([name]);
  expect(preferredDefaults({ platform: "darwin", arch: "x64" })).toEqual([]);
  expect(preferredDefaults({ platform: "linux", arch: "arm64" })).toEqual([]);
});

test("Parakeet is the default model once it is on the machine, on the backend that has it", async () => {
  expect(await defaultModel()).toBe("base on whisper-cpp");
  writeMlx();
  expect(await defaultModel()).toBe(`parakeet-mlx:${name} on parakeet-mlx`);
  writeGguf();
  expect(await defaultModel()).toBe(`${name} on transcribe-cpp`);
  expect(await defaultModel({ defaultBackend: "parakeet-mlx" })).toBe(`${name} on parakeet-mlx`);
});

test("the operator's default model, and the models that clients may use, come first", async () => {
  writeMlx();
  expect(await defaultModel({ defaultModel: "base" })).toBe("base on whisper-cpp");
  const allowed = { allowedModels: ["base"], operatorModels: ["whisper-1"] };
  expect(await defaultModel(allowed)).toBe("base on whisper-cpp");
  expect(await defaultModel({ preferredDefaults: [] })).toBe("base on whisper-cpp");
});

test("a damaged Parakeet is not the default model", async () => {
  mkdirSync(join(modelDir, name));
  writeFileSync(join(modelDir, name, "config.json"), "{}");
  expect(await defaultModel()).toBe("base on whisper-cpp");
});

test("names of Parakeet mean the files of the backend whose repository they name", async () => {
  const sourceOf = async (written: string) =>
    (await openCatalog({ backends, modelDir }).locate(written)).source?.remote.repository;
  expect(await sourceOf(name)).toBe(`handy-computer/${name}-gguf`);
  expect(await sourceOf(`mlx-community/${name}`)).toBe(`mlx-community/${name}`);
  writeMlx();
  writeGguf();
  const catalog = openCatalog({ backends, modelDir });
  const backendOf = async (written: string) => (await catalog.resolve(written, "client")).backend;
  expect(await backendOf(name)).toBe("transcribe-cpp");
  expect(await backendOf(`mlx-community/${name}`)).toBe("parakeet-mlx");
  expect(await backendOf(`parakeet:${name}`)).toBe("parakeet-mlx");
});

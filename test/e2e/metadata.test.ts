/** Tests GET /v1/models/metadata, which describes each model with data from its files. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { type ModelMetadataList, modelMetadataList } from "../../src/http/metadata-schema.ts";
import { repository } from "./executable.ts";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { nullEngine, type ServerOptions, startServer } from "./server.ts";

setDefaultTimeout(60_000);

const models = join(repository, ".build/models");
const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
const fileMegabytes = (name: string) => megabytes(statSync(join(models, name)).size);

async function metadataOf(options: ServerOptions) {
  await using server = await startServer(options);
  const list = (await (
    await fetch(`${server.url}/v1/models/metadata`)
  ).json()) as ModelMetadataList;
  expect(Value.Check(modelMetadataList, list)).toBe(true);
  return list.data;
}

test("an entry for a model has data of its files, and an entry for a pattern has data of its backend", async () => {
  const folder = join(models, "faster-whisper-base");
  const entries = await metadataOf({
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_DEFAULT_MODEL: folder,
      OPEN_ASR_SERVER_PRELOAD: `${join(models, "ggml-tiny.en-f16.bin")},null:echo`,
      OPEN_ASR_SERVER_MODEL_ALIASES: "converted=whisper-cpp:base",
    },
  });
  const entryOf = (id: string) => entries.find((entry) => entry.id === id);
  const common = { kind: "model", family: "whisper", source: "files" };
  expect(entryOf("base")).toMatchObject({
    ...common,
    backend: isStarterForCtranslate2 ? "faster-whisper" : "whisper-cpp",
    notes: "Part of the executable",
    precision: "int8",
  });
  const filesBytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  expect(entryOf("faster-whisper-base")).toMatchObject({
    ...common,
    backend: "faster-whisper",
    parameters: 72_603_145,
    precision: "fp16",
    weights_mb: fileMegabytes("faster-whisper-base/model.bin"),
    size_on_disk_mb: megabytes(filesBytes.reduce((sum, bytes) => sum + bytes)),
    device_types: ["cpu"],
    capabilities: {
      supports_prompt: true,
      supports_word_timestamps: true,
      supports_segments: true,
      supports_streaming: false,
    },
  });
  expect(entryOf("faster-whisper-base")?.capabilities?.supports_languages).toHaveLength(99);
  const tiny = entryOf("tiny.en-f16")!;
  expect(tiny).toMatchObject({ ...common, precision: "fp16" });
  expect(tiny.weights_mb).toBe(fileMegabytes("ggml-tiny.en-f16.bin"));
  expect(tiny.size_on_disk_mb).toBe(tiny.weights_mb);
  expect(tiny.min_ram_mb).toBeGreaterThan(tiny.weights_mb!);
  expect(tiny.capabilities?.supports_languages).toEqual(["en"]);
  expect(tiny.parameters).toBe(37_760_256);
  // Both backends can run the embedded model, and both read the same embedded file.
  expect(entryOf("whisper-cpp:base")).toMatchObject({ backend: "whisper-cpp", precision: "int8" });
  // An int8 file has a scale for each row. Each scale counts as a parameter, too.
  expect(entryOf("base")!.parameters).toBe(isStarterForCtranslate2 ? 72_722_594 : 72_593_920);
  // A model of the null engine has no files, so its entry contains only the members that come from the backend.
  expect(Object.keys(entryOf("null:echo")!).toSorted()).toEqual([
    "backend",
    "device_types",
    "id",
    "kind",
    "min_ram_mb",
    "source",
    "supported_platforms",
  ]);
  expect(entryOf("large*")).toMatchObject({
    kind: "pattern",
    backend: "whisper-cpp",
    source: "default",
  });
});

test("models and patterns that the operator does not allow are left out", async () => {
  const entries = await metadataOf({ flags: ["--allowed-models", "tiny*"] });
  expect(entries.map(({ id, kind }) => [id, kind])).toEqual([
    ["base", "model"],
    ["tiny*", "pattern"],
  ]);
});

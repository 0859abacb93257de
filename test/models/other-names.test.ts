/** Tests which models Catalog.resolve() finds for names of other services and for paths of the operator. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import type { CatalogOptions } from "../../src/models/catalog.ts";
import { openCatalog } from "./open-catalog.ts";

let own: string;
beforeAll(() => {
  own = mkdtempSync(join(tmpdir(), "open-asr-server-names-"));
  mkdirSync(join(own, "faster-whisper-medium"), { recursive: true });
  writeFileSync(join(own, "ggml-large-v3.bin"), "");
});
afterAll(() => rmSync(own, { recursive: true }));

const catalogOf = (options: Partial<CatalogOptions> = {}) =>
  openCatalog({ backends: [whisperCpp, fasterWhisper], modelDir: own, ...options });

const failureOf = async (work: Promise<unknown>): Promise<AsrError> => {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof AsrError) return outcome;
  throw new Error("Expected an AsrError");
};

test.each([
  ["whisper-large-v3", "large-v3"],
  ["openai/whisper-large-v3", "large-v3"],
  ["ggml-large-v3.bin", "large-v3"],
  ["medium", "openai/whisper-medium"],
  ["whisper-medium", "openai/whisper-medium"],
  ["openai/whisper-base", "base"],
])("%p is the model %p, for requests and as the default", async (name, id) => {
  expect((await catalogOf().resolve(name, "client")).id).toBe(id);
  const catalog = catalogOf({ defaultModel: name, allowedModels: ["small"] });
  for (const model of [null, "whisper-1", name]) {
    expect((await catalog.resolve(model, "client")).id).toBe(id);
  }
  const [first] = await catalog.available("client");
  expect(first?.id).toBe(id);
});

test("a client may use another meaning of a name only when the operator allows that model", async () => {
  const catalog = catalogOf({ allowedModels: ["whisper-large-v3"] });
  // "whisper-large-v3" is also the name of a model of the backend whisper-mlx, which this server does not have.
  const failure = await failureOf(catalog.resolve("whisper-large-v3", "client"));
  expect(failure.code).toBe("backend_unavailable");
  const others = ["openai/whisper-medium", "ggml-large-v3.bin", "large-v3", "Medium"];
  for (const name of others) {
    expect((await failureOf(catalog.resolve(name, "client"))).code).toBe("model_not_allowed");
  }
  const allowing = catalogOf({ allowedModels: ["large-v3"] });
  expect((await allowing.resolve("whisper-large-v3", "client")).id).toBe("large-v3");
});

test("the error for a missing backend names the same model for another backend", async () => {
  const messageOf = async (name: string, options: Partial<CatalogOptions> = {}) =>
    (await failureOf(catalogOf(options).resolve(name, "client"))).message;
  expect(await messageOf("mlx-community/whisper-large-v3")).toEndWith('. Use "large-v3"');
  const absent = "parakeet:mlx-community/parakeet-tdt-0.6b-v3";
  const same = 'This server runs the same model as "parakeet-tdt-0.6b-v3"';
  expect(await messageOf(absent)).toContain(`${same}, but its files are not on this machine. Use `);
  // The operator does not allow the client to use the other name.
  const allowedModels = ["large-v3", "parakeet:*", "parakeet-mlx:*"];
  expect(await messageOf(absent, { allowedModels })).not.toContain(same);
});

test("the operator's preferred backend has priority; without one, the backend of the name has priority", async () => {
  const both = join(own, "both");
  mkdirSync(join(both, "faster-whisper-small"), { recursive: true });
  writeFileSync(join(both, "ggml-small.bin"), "");
  const backendOf = async (name: string, defaultBackend: string | null) => {
    const catalog = catalogOf({ modelDir: both, defaultBackend });
    return (await catalog.resolve(name, "client")).backend;
  };
  for (const [name, ownBackend] of [
    ["small", "whisper-cpp"],
    ["openai/whisper-small", "faster-whisper"],
  ] as const) {
    expect(await backendOf(name, null)).toBe(ownBackend);
    for (const preferred of ["whisper-cpp", "faster-whisper"]) {
      expect(await backendOf(name, preferred)).toBe(preferred);
      expect(await backendOf(`${ownBackend}:${name}`, preferred)).toBe(ownBackend);
    }
  }
});

test("a name from the operator is a path when a file or folder exists there, otherwise a name", async () => {
  const relativePath = relative(process.cwd(), join(own, "faster-whisper-medium"));
  const catalog = catalogOf();
  const path = { source: { path: join(own, "faster-whisper-medium") } };
  expect(await catalog.resolve(relativePath, "operator")).toMatchObject(path);
  expect(await catalog.resolve("openai/whisper-medium", "operator")).toMatchObject(path);
  const failure = await failureOf(catalog.resolve("absent/model", "operator"));
  expect(failure.message).toContain("no backend has a model of this name");
});

test("the id of a path has priority over the alias of the same name", async () => {
  const path = join(own, "whisper-1.bin");
  writeFileSync(path, "");
  const catalog = catalogOf({ operatorModels: [path] });
  expect((await catalog.resolve("whisper-1", "client")).source).toEqual({ path });
  expect((await catalog.aliases()).map(({ id }) => id)).not.toContain("whisper-1");
});

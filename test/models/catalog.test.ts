import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { nullBackend } from "../../src/models/backends/null.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import type { CatalogOptions } from "../../src/models/catalog.ts";
import { whisperCapabilities } from "../../src/models/formats/whisper-capabilities.ts";
import { AsrError } from "../../src/errors.ts";
import {
  ctranslate2Weights,
  ggmlHeader,
  vocabularyOf,
  writeCtranslate2,
} from "./formats/whisper-files.ts";
import { openCatalog } from "./open-catalog.ts";

let folder: string;
let small: string;
let secret: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-catalog-"));
  small = join(folder, "ggml-small.bin");
  secret = join(folder, "secret");
  writeFileSync(small, "");
  writeFileSync(secret, "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const catalogOf = (options: Partial<CatalogOptions> = {}) =>
  openCatalog({ hubCacheFolder: join(folder, "hub"), ...options });

const failureOf = async (work: () => Promise<unknown>): Promise<AsrError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error("Expected an AsrError");
};

describe("Catalog.resolve()", () => {
  test("returns the starter model for no name and for OpenAI's names", async () => {
    for (const model of [null, "base", "whisper-cpp:base", "whisper-1", "gpt-4o-transcribe"]) {
      const found = await catalogOf().resolve(model, "client");
      expect(found).toMatchObject({
        backend: "whisper-cpp",
        id: "base",
        source: { embedded: "starter-model" },
      });
    }
  });

  test("returns the operator's default model, if there is one, for no name and for OpenAI's names", async () => {
    const catalog = catalogOf({ defaultModel: small });
    for (const model of [null, "whisper-1"]) {
      expect((await catalog.resolve(model, "client")).source).toEqual({ path: small });
    }
    expect((await catalog.resolve("base", "client")).id).toBe("base");
  });

  test("accepts any path from the operator and none from a client", async () => {
    expect((await catalogOf().resolve(small, "operator")).source).toEqual({ path: small });
    const failure = await failureOf(() => catalogOf().resolve(small, "client"));
    expect(failure).toMatchObject({ code: "model_not_allowed", param: "model" });
    expect(failure.message).toContain("OPEN_ASR_SERVER_ALLOWED_MODELS");
  });

  test("accepts paths from a client that the operator named or allowed", async () => {
    for (const options of [
      { defaultModel: small },
      { operatorModels: [`whisper-cpp:${small}`] },
      { allowedModels: [small] },
      { allowedModels: [`${folder}/*.bin`] },
      { allowedModels: [`whisper-cpp:${folder}/**`] },
    ]) {
      const written = options.allowedModels?.[0]?.startsWith("whisper")
        ? `whisper-cpp:${small}`
        : small;
      expect((await catalogOf(options).resolve(written, "client")).source).toEqual({ path: small });
    }
  });

  test.each([
    (path: string) => `${path}/models/../secret`,
    (path: string) => `whisper-cpp:${path}/models/../secret`,
    (path: string) => `${path}/models/./../secret`,
    (path: string) => `${path}/models//../secret`,
  ])("rejects a path with .. that leaves an allowed folder (%#)", async (writtenIn) => {
    const catalog = catalogOf({
      allowedModels: [`${folder}/models/**`, `whisper-cpp:${folder}/models/**`],
    });
    const failure = await failureOf(() => catalog.resolve(writtenIn(folder), "client"));
    expect(failure.code).toBe("model_not_allowed");
  });

  test("rejects names outside of the operator's list, except the default model", async () => {
    const catalog = catalogOf({ backends: [whisperCpp, nullBackend], allowedModels: ["echo"] });
    expect((await catalog.resolve("echo", "client")).id).toBe("echo");
    expect((await catalog.resolve("null:echo", "client")).backend).toBe("null");
    expect((await failureOf(() => catalog.resolve("slow", "client"))).code).toBe(
      "model_not_allowed",
    );
    expect((await catalog.resolve("slow", "operator")).id).toBe("slow");
    expect((await catalog.resolve(null, "client")).id).toBe("base");
  });

  test("finds a model by its name in the model folder, and no file outside of it", async () => {
    writeFileSync(`${secret}.bin`, "");
    const inside = catalogOf({ modelDir: join(folder, "models") });
    const climbing = "whisper-cpp:x/../../secret";
    expect((await failureOf(() => inside.resolve(climbing, "client"))).code).toBe(
      "model_not_found",
    );

    const catalog = catalogOf({ modelDir: folder });
    for (const model of ["small", "whisper-cpp:small"]) {
      expect((await catalog.resolve(model, "client")).source).toEqual({ path: small });
    }
    expect((await failureOf(() => catalog.resolve("medium", "client"))).code).toBe(
      "model_not_found",
    );
  });

  test.each([
    ["small", /files are not on this machine/],
    ["gigantic", /no backend has a model of this name/],
    ["coreml:base", /unknown backend "coreml"/],
    ["whisper-cpp:", /the name after the colon is missing/],
    ["whisper-cpp:__proto__", /files are not on this machine/],
    ["constructor", /no backend has a model of this name/],
  ])(
    "rejects %p with the reason, the available models and how to get more",
    async (model, says) => {
      const failure = await failureOf(() => catalogOf().resolve(model, "client"));
      expect(failure).toMatchObject({ code: "model_not_found", param: "model" });
      expect(failure.message).toMatch(says);
      expect(failure.message).toMatch(/\. (?:Use|Did you mean) "base"/);
      const forOperator = await failureOf(() => catalogOf().resolve(model, "operator"));
      expect(forOperator.message).toMatch(/--model |Did you mean "base"/);
    },
  );

  test("chooses the platform's backend if several have the model, unless the operator configured one", async () => {
    const other = { ...whisperCpp, id: "other" };
    const backends = [other, whisperCpp];
    const backendOf = async (model: string, options: Partial<CatalogOptions> = {}) =>
      (await catalogOf({ backends, ...options }).resolve(model, "client")).backend;
    expect(await backendOf("base")).toBe("whisper-cpp");
    expect(await backendOf("base", { defaultBackend: "other" })).toBe("other");
    expect(await backendOf("other:base")).toBe("other");
    expect(await backendOf("whisper-cpp:base", { defaultBackend: "other" })).toBe("whisper-cpp");
  });
});

describe("Catalog.resolve() with model folders", () => {
  const backends = [whisperCpp, fasterWhisper];
  const commit = "0123456789abcdef0123456789abcdef01234567";
  let hub: string;
  let models: string;
  beforeAll(() => {
    hub = join(folder, "downloads");
    models = join(folder, "own");
    for (const repository of [
      "Systran--faster-whisper-small",
      "Systran--faster-distil-whisper-large-v3",
      "mobiuslabsgmbh--faster-whisper-large-v3-turbo",
      "someone--faster-whisper-small-fr",
    ]) {
      const place = join(hub, `models--${repository}`);
      mkdirSync(join(place, "snapshots", commit), { recursive: true });
      mkdirSync(join(place, "refs"));
      writeFileSync(join(place, "refs", "main"), commit);
    }
    mkdirSync(join(models, "faster-whisper-medium"), { recursive: true });
  });
  const snapshot = (repository: string): string =>
    join(hub, `models--${repository}`, "snapshots", commit);

  test.each([
    ["openai/whisper-small", "Systran--faster-whisper-small"],
    ["faster-whisper:small", "Systran--faster-whisper-small"],
    ["Systran/faster-whisper-small", "Systran--faster-whisper-small"],
    ["distil-whisper/distil-large-v3", "Systran--faster-distil-whisper-large-v3"],
    ["openai/whisper-large-v3-turbo", "mobiuslabsgmbh--faster-whisper-large-v3-turbo"],
    ["openai/whisper-turbo", "mobiuslabsgmbh--faster-whisper-large-v3-turbo"],
    ["someone/faster-whisper-small-fr", "someone--faster-whisper-small-fr"],
  ])("finds %p in the cache of the Hugging Face tools", async (model, repository) => {
    const places = [{ hubCacheFolder: hub }, { modelDir: hub }];
    for (const place of places) {
      const found = await catalogOf({ backends, ...place }).resolve(model, "client");
      expect(found).toMatchObject({
        backend: "faster-whisper",
        source: { path: snapshot(repository) },
      });
    }
  });

  test("finds a folder by its repository's name in the operator's folder, before it looks at downloads", async () => {
    const catalog = catalogOf({ backends, modelDir: models, hubCacheFolder: hub });
    expect((await catalog.resolve("openai/whisper-medium", "client")).source).toEqual({
      path: join(models, "faster-whisper-medium"),
    });
  });

  test("keeps the snapshot that it found until it is deleted, even if a newer one is downloaded", async () => {
    const place = join(hub, "models--a--faster-whisper-updated");
    const download = (revision: string): string => {
      const path = join(place, "snapshots", revision);
      mkdirSync(path, { recursive: true });
      mkdirSync(join(place, "refs"), { recursive: true });
      writeFileSync(join(place, "refs", "main"), revision);
      return path;
    };
    const catalog = catalogOf({ backends, hubCacheFolder: hub });
    const found = async () => (await catalog.resolve("a/faster-whisper-updated", "client")).source;
    const first = download("1".repeat(40));
    expect(await found()).toEqual({ path: first });
    const second = download("2".repeat(40));
    expect(await found()).toEqual({ path: first });
    rmSync(first, { recursive: true });
    expect(await found()).toEqual({ path: second });
  });

  test("accepts a download without a branch record, and rejects one whose record leads elsewhere", async () => {
    const place = join(hub, "models--a--faster-whisper-b");
    mkdirSync(join(place, "snapshots", commit), { recursive: true });
    const catalog = () => catalogOf({ backends, hubCacheFolder: hub });
    const found = await catalog().resolve("a/faster-whisper-b", "client");
    expect(found.source).toEqual({ path: join(place, "snapshots", commit) });
    mkdirSync(join(place, "snapshots", "other"));
    mkdirSync(join(place, "refs"));
    writeFileSync(join(place, "refs", "main"), "../../../secret");
    const failure = await failureOf(() => catalog().resolve("a/faster-whisper-b", "client"));
    expect(failure.code).toBe("model_not_found");
  });

  test.each([
    "openai/whisper-tiny",
    "openai/whisper-../../secret",
    "faster-whisper:x/../../secret",
    "faster-whisper:a/b/c",
    "faster-whisper:constructor",
  ])("does not find %p", async (model) => {
    const catalog = catalogOf({ backends, modelDir: models, hubCacheFolder: hub });
    expect((await failureOf(() => catalog.resolve(model, "client"))).code).toBe("model_not_found");
  });

  test("chooses the backend by the kind of the path, a file or a folder", async () => {
    const catalog = catalogOf({ backends });
    expect((await catalog.resolve(small, "operator")).backend).toBe("whisper-cpp");
    expect((await catalog.resolve(models, "operator")).backend).toBe("faster-whisper");
    const wrong = await failureOf(() => catalog.resolve(`faster-whisper:${small}`, "operator"));
    expect(wrong.message).toContain("the path is a file; expected a folder of a Whisper model");
    const absent = await failureOf(() => catalog.resolve(join(folder, "absent"), "operator"));
    expect(absent.message).toContain("no such file or folder; expected a ggml file");
    expect(absent.message).toContain("or a folder of a Whisper model");
  });
});

describe("Catalog.resolve() with the content of model files", () => {
  const other = {
    ...fasterWhisper,
    id: "other",
    inspect: async (path: string) => (path.endsWith("theirs") ? speaking("de") : null),
  };
  const backends = [whisperCpp, fasterWhisper, other];
  const speaking = (language: string) =>
    whisperCapabilities({ languages: [language], words: true, hasWholeDecoder: true });
  let ours: string;
  let theirs: string;
  beforeAll(() => {
    theirs = join(folder, "theirs");
    mkdirSync(theirs);
    ours = writeCtranslate2(join(folder, "ours"), {
      "model.bin": ctranslate2Weights(),
      "config.json": "{}",
      "vocabulary.json": JSON.stringify(vocabularyOf(["en", "fr"], 51_864)),
    });
  });

  test("returns the backend that recognizes the files of a folder", async () => {
    const catalog = catalogOf({ backends });
    expect((await catalog.resolve(ours, "operator")).backend).toBe("faster-whisper");
    expect((await catalog.resolve(theirs, "operator")).backend).toBe("other");
    const preferring = catalogOf({ backends, defaultBackend: "other" });
    expect((await preferring.resolve(ours, "operator")).backend).toBe("faster-whisper");
    expect((await catalog.resolve(`other:${ours}`, "operator")).backend).toBe("other");
  });

  test("returns the capabilities of a model, and reads them again when its files change", async () => {
    const path = join(folder, "ggml-known.bin");
    const catalog = catalogOf({ defaultModel: path });
    const languages = async () => (await catalog.resolve(null, "client")).capabilities?.languages;
    writeFileSync(path, ggmlHeader(51_864));
    expect(await languages()).toEqual(["en"]);
    writeFileSync(path, ggmlHeader(51_865));
    utimesSync(path, 1, 1);
    expect(await languages()).toHaveLength(99);
    writeFileSync(path, ggmlHeader(1, 48));
    expect(await languages()).toBeUndefined();
    expect((await catalog.resolve(null, "client")).bytes).toBe(48);
  });
});

test("the error for a published model that is not on this machine names its repository and files", async () => {
  const catalog = catalogOf({ backends: [whisperCpp, fasterWhisper] });
  for (const [model, says] of [
    ["large-v3-turbo-q5_0", "ggml-large-v3-turbo-q5_0.bin of the model repository ggerganov/"],
    ["openai/whisper-large-v3", "model repository Systran/faster-whisper-large-v3"],
  ] as const) {
    const failure = await failureOf(() => catalog.resolve(model, "client"));
    expect(failure.code).toBe("model_not_found");
    expect(failure.message).toContain(says);
  }
});

test("the error for a mistyped name suggests the nearest names that the client may use", async () => {
  const words = async (options: Partial<CatalogOptions>) =>
    (await failureOf(() => catalogOf(options).resolve("whisper-cpp:smal", "client"))).message;
  expect(await words({})).toContain('Did you mean "small"?');
  const allowedModels = ["*smal", "medium"];
  expect(await words({ allowedModels })).not.toContain("Did you mean");
});

test("errors for a client contain the id of a model and never its path", async () => {
  const catalog = catalogOf({ defaultModel: small, allowedModels: [`${folder}/**`] });
  const { id } = await catalog.resolve(small, "client");
  expect(id).toBe("small");
  expect((await catalog.resolve(id, "client")).source).toEqual({ path: small });
  for (const model of [join(folder, "absent.bin"), "absent", `${folder}/a\0.bin`]) {
    const { message } = await failureOf(() => catalog.resolve(model, "client"));
    expect(message).not.toContain(folder);
  }
  const absent = await failureOf(() => catalog.resolve(join(folder, "absent.bin"), "operator"));
  expect(absent.message).toContain(join(folder, "absent.bin"));
});

test.each(["~/absent", "a\0.bin", "/a\0b", `/${"x/".repeat(5000)}`, `./${"x".repeat(300)}`])(
  "the error for an operator's path that cannot exist is model_not_found (%#)",
  async (model) => {
    const failure = await failureOf(() =>
      catalogOf({ modelDir: folder }).resolve(model, "operator"),
    );
    expect(failure.code).toBe("model_not_found");
  },
);

test("Catalog.available() lists the starter model and the operator's models once each, if they exist", async () => {
  const operatorModels = [small, "base", "/absent.bin"];
  const listed = await catalogOf({ defaultModel: small, operatorModels }).available("operator");
  expect(listed.map(({ id }) => id)).toEqual(["small", "base"]);
});

test.each([
  [{ defaultModel: "small", allowedModels: ["small*"] }, ["small"]],
  [{ operatorModels: ["small"], allowedModels: ["medium"] }, ["base", "small"]],
])(
  "Catalog.available() lists for clients the models that they may use (%#)",
  async (options, ids) => {
    const catalog = catalogOf({ modelDir: folder, ...options });
    expect((await catalog.available("client")).map(({ id }) => id)).toEqual(ids);
    expect((await catalog.available("operator")).map(({ id }) => id)).toContain("base");
    for (const id of ids) expect((await catalog.resolve(id, "client")).id).toBe(id);
    const { message } = await failureOf(() =>
      catalog.resolve(options.allowedModels[0]!.replace("*", "-x"), "client"),
    );
    expect(message.includes('"base"')).toBe(ids.includes("base"));
  },
);

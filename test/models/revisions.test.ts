/**
 * Tests names of models with a revision, in the form `Organization/Name@revision`: the folders in which these models
 * are searched, their ids, and the revisions that clients may use.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import type { CatalogOptions } from "../../src/models/catalog.ts";
import { parseRepositoryRef } from "../../src/models/hub/hub.ts";
import { openCatalog } from "./open-catalog.ts";

const repository = "someone/faster-whisper-small-fr";
const commits = { main: "1".repeat(40), v2: "2".repeat(40), "refs/pr/1": "3".repeat(40) };

let hub: string;
beforeAll(() => {
  hub = mkdtempSync(join(tmpdir(), "open-asr-server-revisions-"));
  const place = join(hub, "models--someone--faster-whisper-small-fr");
  for (const [revision, commit] of Object.entries(commits)) {
    mkdirSync(join(place, "snapshots", commit), { recursive: true });
    mkdirSync(dirname(join(place, "refs", revision)), { recursive: true });
    writeFileSync(join(place, "refs", revision), commit);
  }
  const ggml = join(hub, "models--ggerganov--whisper.cpp");
  mkdirSync(join(ggml, "snapshots", commits.v2), { recursive: true });
  writeFileSync(join(ggml, "snapshots", commits.v2, "ggml-tiny.bin"), "");
});
afterAll(() => rmSync(hub, { recursive: true }));

const catalogOf = (options: Partial<CatalogOptions> = {}) =>
  openCatalog({ backends: [whisperCpp, fasterWhisper], hubCacheFolder: hub, ...options });

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const outcome = await work.catch((error: unknown) => error);
  return outcome instanceof AsrError ? outcome.code : "none";
};

test.each([
  ["a/b", "a/b", "main"],
  ["a/b@v1.0", "a/b", "v1.0"],
  ["a/b@refs/pr/1", "a/b", "refs/pr/1"],
  ["a/b@", "a/b", ""],
  ["a/b@c@d", "a/b", "c@d"],
  ["@cf/openai/whisper", "@cf/openai/whisper", "main"],
])("%p is the repository %p at the revision %p", (written, name, revision) => {
  expect(parseRepositoryRef(written)).toEqual({ repository: name, revision });
});

describe("Catalog.resolve()", () => {
  test.each([
    [repository, commits.main],
    [`${repository}@main`, commits.main],
    [`${repository}@v2`, commits.v2],
    [`${repository}@refs/pr/1`, commits["refs/pr/1"]],
    [`${repository}@${commits.v2}`, commits.v2],
    [`faster-whisper:${repository}@v2`, commits.v2],
    [`tiny@${commits.v2}`, commits.v2],
  ])("finds %p, and finds it again by its id", async (written, commit) => {
    const catalog = catalogOf();
    const found = await catalog.resolve(written, "client");
    expect(JSON.stringify(found.source)).toContain(commit);
    expect((await catalog.resolve(found.id, "client")).source).toEqual(found.source);
  });

  test.each([
    `${repository}@v3`,
    `${repository}@`,
    `${repository}@v2@v2`,
    `${repository}@../../secret`,
    `${repository}@/etc`,
    `${repository}@${"4".repeat(40)}`,
    "base@v2",
  ])("does not find %p", async (written) => {
    expect(await codeOf(catalogOf().resolve(written, "client"))).toBe("model_not_found");
  });

  test("does not take the operator's own folder for a revision", async () => {
    const modelDir = join(hub, "own");
    mkdirSync(join(modelDir, "faster-whisper-small-fr"), { recursive: true });
    const catalog = catalogOf({ modelDir });
    const own = { path: join(modelDir, "faster-whisper-small-fr") };
    expect((await catalog.resolve(repository, "client")).source).toEqual(own);
    const found = await catalog.resolve(`${repository}@v2`, "client");
    expect(JSON.stringify(found.source)).toContain(commits.v2);
  });
});

// Anyone can propose a change to a repository of the hub, and each proposal is a revision. So a pattern without a
// revision must allow only the main branch.
test.each([
  [repository, "", true],
  [repository, "@main", true],
  [repository, "@v2", false],
  ["someone/*", "@v2", false],
  ["**", "@refs/pr/1", false],
  [`${repository}@v2`, "@v2", true],
  [`${repository}@v2`, "@main", false],
  ["someone/*@*", "@v2", true],
  ["someone/*@*", "@refs/pr/1", false],
  ["someone/*@refs/pr/*", "@refs/pr/1", true],
])("--allowed-models %p and the revision %p: allowed is %p", async (glob, revision, isAllowed) => {
  const catalog = catalogOf({ allowedModels: [glob] });
  const code = await codeOf(catalog.resolve(`${repository}${revision}`, "client"));
  expect(code).toBe(isAllowed ? "none" : "model_not_allowed");
});

test("a client may use the revision that the operator configured, and no other", async () => {
  const options = { defaultModel: `${repository}@v2`, allowedModels: ["base"] };
  const catalog = catalogOf(options);
  expect((await catalog.resolve(null, "client")).id).toBe(`${repository}@v2`);
  expect(await codeOf(catalog.resolve(`${repository}@v2`, "client"))).toBe("none");
  for (const other of [repository, `${repository}@refs/pr/1`]) {
    expect(await codeOf(catalog.resolve(other, "client"))).toBe("model_not_allowed");
  }
});

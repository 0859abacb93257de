/** Tests that an import stores all files of a valid model, and no file of a malicious or damaged archive. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { listBackends } from "../../../src/models/backends/index.ts";
import { removeModel } from "../../../src/models/hub/remove.ts";
import { importModel } from "../../../src/models/import/import-model.ts";
import { isWindows } from "../../windows.ts";
import { blobName } from "../hub/local-hub.ts";

const models = join(import.meta.dir, "../../../.build/models");
const repository = "acme/faster-whisper-support";
const config = readFileSync(join(models, "faster-whisper-tiny.en/config.json"), "utf8");
const commit = "1".repeat(40);
const weights = "w".repeat(3000);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cacheFolder = () => join(folder, "hub");
const repositoryPath = (name = repository) =>
  join(cacheFolder(), `models--${name.replace("/", "--")}`);

function run(source: string) {
  return importModel(source, {
    cacheFolder: cacheFolder(),
    backends: listBackends({ nullBackend: false, mlxLibrary: null, vulkanLibrary: null }),
    signal: new AbortController().signal,
    targetOf: ({ storage }) =>
      Promise.resolve({
        repository,
        files:
          storage === "file"
            ? ["ggml-tiny.en.bin"]
            : ["config.json", "model.bin", "vocabulary.*", "tokenizer.json"],
      }),
  });
}

type Entries = Parameters<typeof packTar>[0];
type Entry = Entries[number];

function file(name: string, body: string): Entry {
  return { header: { name, size: Buffer.byteLength(body), type: "file" }, body };
}
function link(name: string, linkname: string, type: "symlink" | "link" = "symlink"): Entry {
  return { header: { name, size: 0, type, linkname } };
}

async function tar(entries: Entries, change = (bytes: Uint8Array) => bytes): Promise<string> {
  const path = join(folder, "model.tar");
  writeFileSync(path, change(await packTar(entries)));
  return path;
}

const base = "models--acme--faster-whisper-support";
/** Entries of a tar archive of a cache folder. They are the same entries that the program `tar` creates. */
const cacheCopy: Entries = [
  { header: { name: `${base}/`, size: 0, type: "directory" } },
  file(`${base}/.open-asr-server.json`, "{}"),
  file(`${base}/blobs/${blobName(weights)}`, weights),
  file(`${base}/blobs/${blobName(config)}`, config),
  file(`${base}/refs/main`, commit),
  link(`${base}/snapshots/${commit}/model.bin`, `../../blobs/${blobName(weights)}`),
  link(`${base}/snapshots/${commit}/config.json`, `../../blobs/${blobName(config)}`),
];

/** Returns all entries of the cache folder except the folder of locks. */
function stored(): string[] {
  if (!existsSync(cacheFolder())) return [];
  return readdirSync(cacheFolder()).filter((name) => name !== ".locks");
}

describe("an archive of a cache folder", () => {
  test.each([
    ["plain", (bytes: Uint8Array) => bytes],
    ["compressed", (bytes: Uint8Array) => gzipSync(bytes)],
  ])("is stored under its own name and commit: %s", async (_what, change) => {
    const imported = await run(await tar(cacheCopy, change));
    expect(imported).toMatchObject({ repository, commit });
    expect(readFileSync(join(imported.folder, "model.bin"), "utf8")).toBe(weights);
    expect(readFileSync(join(repositoryPath(), "refs/main"), "utf8")).toBe(commit);
    expect(readdirSync(join(repositoryPath(), "blobs")).toSorted()).toEqual(
      [blobName(weights), blobName(config)].toSorted(),
    );
    expect(stored()).toEqual([base]);
    // An imported model can be removed in the same way as a downloaded model.
    await removeModel(
      cacheFolder(),
      { repository, revision: "main", files: ["**"] },
      { force: false },
    );
    expect(stored()).toEqual([]);
  });

  test("may have files in the place of links, as on Windows", async () => {
    const source = await tar([
      file(`${base}/refs/main`, commit),
      file(`${base}/snapshots/${commit}/model.bin`, weights),
    ]);
    expect((await run(source)).files).toEqual(["model.bin"]);
  });

  test("may be a folder", async () => {
    await run(await tar(cacheCopy));
    const copy = join(folder, "copy", base);
    cpSync(repositoryPath(), copy, { recursive: true, verbatimSymlinks: true });
    rmSync(cacheFolder(), { recursive: true });
    expect((await run(copy)).commit).toBe(commit);
  });
});

describe("a model", () => {
  test.each([
    ["file", "ggml-tiny.en-q8_0.bin", ["ggml-tiny.en.bin"]],
    [
      "folder",
      "faster-whisper-tiny.en",
      ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"],
    ],
  ])("%s is stored under the chosen name", async (_what, name, files) => {
    const imported = await run(join(models, name));
    expect(imported.repository).toBe(repository);
    expect(imported.files.toSorted()).toEqual(files);
    expect(imported.commit).toMatch(/^[0-9a-f]{40}$/);
    const again = await run(join(models, name));
    expect(again.commit).toBe(imported.commit);
    expect(stored()).toEqual([base]);
  });

  test("keeps only the files that its engine needs", async () => {
    const source = join(folder, "source");
    cpSync(join(models, "faster-whisper-tiny.en"), source, { recursive: true });
    writeFileSync(join(source, "pickle.pt"), "x");
    expect((await run(source)).files).not.toContain("pickle.pt");
  });
});

const evil = (name: string): Entries => [...cacheCopy, file(name, "evil")];
const snapshot = `${base}/snapshots/${commit}`;
const blob = `${base}/blobs/${blobName(weights)}`;

test.each<[string, Entries, string]>([
  ["an absolute path", evil("/tmp/evil"), "leads out of it"],
  ["..", evil(`${base}/../../evil`), "leads out of it"],
  ["a drive", evil("C:/evil"), "leads out of it"],
  ["a backslash", evil(`${base}\\..\\evil`), "leads out of it"],
  ["a second folder", evil("other/evil"), "is not in the folder"],
  [
    "a link out of it",
    [...cacheCopy, link(`${snapshot}/x.bin`, "/etc/passwd")],
    "expected a file in blobs/",
  ],
  [
    "a link to its parent",
    [...cacheCopy, link(`${snapshot}/x.bin`, "../../../../evil")],
    "expected a file in blobs/",
  ],
  [
    "a link to a missing blob",
    [...cacheCopy, link(`${snapshot}/x.bin`, `../../blobs/${"2".repeat(64)}`)],
    "expected a file in blobs/",
  ],
  [
    "a link in a model folder",
    [file("m/config.json", config), link("m/model.bin", "/etc/passwd")],
    "is a link",
  ],
  [
    "a hard link",
    [...cacheCopy, link(`${snapshot}/x.bin`, blob, "link")],
    "is a link, expected files and folders",
  ],
  [
    "a device",
    [...cacheCopy, { header: { name: `${base}/zero`, size: 0, type: "character-device" } }],
    "is a character-device",
  ],
  [
    "a wrong hash",
    [...cacheCopy.filter(({ header }) => header.name !== blob), file(blob, "wrong")],
    "does not have this hash",
  ],
  ["no snapshot", [file(blob, weights)], "has no snapshot"],
  ["the same file twice", [...cacheCopy, file(blob, weights)], "twice"],
  ["no model", [file("notes/a.txt", "a")], "expected a ggml file of whisper.cpp"],
  ["no files", [{ header: { name: "empty/", size: 0, type: "directory" } }], "has no files"],
])("an archive with %s is rejected, and nothing is stored", async (_what, entries, words) => {
  const failed = run(await tar(entries));
  expect(failed).rejects.toThrow(words);
  await failed.catch(() => undefined);
  expect(stored()).toEqual([]);
  expect(existsSync("/tmp/evil")).toBe(false);
});

test.each([
  ["is cut", (bytes: Uint8Array) => bytes.subarray(0, 3000)],
  ["has a damaged header", (bytes: Uint8Array) => bytes.with(520, 1)],
  ["is a damaged gzip file", (bytes: Uint8Array) => gzipSync(bytes).subarray(0, 200)],
  [
    "claims a file of eight gigabytes",
    (bytes: Uint8Array) => {
      const header = Buffer.from(bytes.subarray(0, 512));
      header.write("77777777777", 124, "latin1");
      return header;
    },
  ],
])("an archive that %s is rejected", async (_what, change) => {
  const entries = cacheCopy.filter(({ header }) => header.type === "file").slice(1);
  const failed = run(await tar(entries, change));
  expect(failed).rejects.toThrow("Cannot import the model");
  await failed.catch(() => undefined);
  expect(stored()).toEqual([]);
});

test("too many files, and endless headers, are rejected", async () => {
  const many = Array.from({ length: 1001 }, (_, index) => file(`m/${index}`, ""));
  const failed = run(await tar(many));
  expect(failed).rejects.toThrow("more than 1000 files");
  await failed.catch(() => undefined);
  const folders = Array.from({ length: 40_000 }, (_, index) => ({
    header: { name: `m/${index}/`, size: 0, type: "directory" as const },
  }));
  const endless = run(await tar(folders, (bytes) => gzipSync(bytes)));
  expect(endless).rejects.toThrow("headers of the archive are too large");
  await endless.catch(() => undefined);
});

test.skipIf(isWindows)("a folder with a link out of it is rejected", async () => {
  const source = join(folder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "config.json"), config);
  symlinkSync("/etc/passwd", join(source, "model.bin"));
  const failed = run(source);
  expect(failed).rejects.toThrow("is a link");
  await failed.catch(() => undefined);
  expect(stored()).toEqual([]);
});

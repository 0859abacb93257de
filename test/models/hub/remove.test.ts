/**
 * Tests the removal of models. Only files that this program has downloaded may be removed, and never a file outside the
 * folder of the repository.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { tryLockRepository } from "../../../src/models/hub/cache-lock.ts";
import { downloadModel, type WantedModel } from "../../../src/models/hub/download.ts";
import { removeModel } from "../../../src/models/hub/remove.ts";
import { isWindows } from "../../windows.ts";
import { blobName, type Content, startHub } from "./local-hub.ts";

const repository = "Systran/faster-whisper-tiny";
const weights = crypto.getRandomValues(new Uint8Array(60_000));
const files = { "config.json": "{}", "model.bin": weights, "README.md": "Read me" };
const wanted: WantedModel = {
  repository,
  revision: "main",
  files: ["config.json", "model.bin"],
};
const other = "0".repeat(40);

let cacheFolder = "";
const folder = () => join(cacheFolder, "models--Systran--faster-whisper-tiny");
const blobs = () => readdirSync(join(folder(), "blobs")).toSorted();
const remove = (force = false, model = wanted) => removeModel(cacheFolder, model, { force });

beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), "hub-"));
});
afterEach(() => {
  rmSync(cacheFolder, { recursive: true, force: true });
});

async function download(content: Content = files, signal = new AbortController().signal) {
  using hub = await startHub({ repositories: { [repository]: content } });
  const { endpoint } = hub;
  const settings = { token: null, isOffline: false, stallMsMax: 20_000, backOffMs: 5 };
  const onProgress = () => undefined;
  return await downloadModel({ endpoint, cacheFolder, ...settings }, wanted, {
    signal,
    onProgress,
  });
}

/** Creates a file in a snapshot as another tool would do it: without an entry in the record of this program. */
function addForeign(path: string, content: string, commit = other): void {
  const blob = join(folder(), "blobs", blobName(content));
  const name = join(folder(), "snapshots", commit, path);
  mkdirSync(dirname(blob), { recursive: true });
  mkdirSync(dirname(name), { recursive: true });
  writeFileSync(blob, content);
  symlinkSync(`../../blobs/${blobName(content)}`, name);
}

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  return work.then(
    () => ({ code: "none", message: "" }),
    (error: unknown) => error as { code: string; message: string },
  );
}

test("a downloaded model is removed with its repository, and its bytes are counted", async () => {
  await download();
  const removed = await remove();
  expect(removed.files.toSorted()).toEqual(["config.json", "model.bin"]);
  expect(removed.bytes).toBe(weights.length + 2);
  expect(existsSync(folder())).toBe(false);
  expect((await refusal(remove())).code).toBe("model_not_found");
});

test("only the files that the globs name are removed", async () => {
  await download();
  await remove(false, { ...wanted, files: ["model.*"] });
  expect(blobs()).toEqual([blobName("{}")]);
  expect(readdirSync(join(folder(), "snapshots"), { recursive: true })).toHaveLength(2);
});

test("the main branch means every commit, a commit only itself", async () => {
  const first = await download();
  const second = await download({ ...files, "model.bin": "new weights" });
  await remove(false, { ...wanted, revision: second.commit });
  expect(readdirSync(join(folder(), "snapshots"))).toEqual([first.commit]);
  // The reference of the main branch referred to the removed commit, so the reference is removed, too.
  expect(existsSync(join(folder(), "refs"))).toBe(true);
  expect(existsSync(join(folder(), "refs", "main"))).toBe(false);
  await remove();
  expect(existsSync(folder())).toBe(false);
});

test("what an interrupted download left is removed", async () => {
  const stop = new AbortController();
  using hub = await startHub({
    repositories: { [repository]: files },
    fault({ host }, response) {
      if (host !== "storage") return false;
      response.writeHead(200, { "content-length": weights.length });
      response.write(weights.subarray(0, 20_000));
      return true;
    },
  });
  const { endpoint } = hub;
  const settings = { token: null, isOffline: false, stallMsMax: 20_000, backOffMs: 5 };
  const options = {
    signal: stop.signal,
    onProgress: ({ bytes }: { readonly bytes: number }) => {
      if (bytes === 20_002) stop.abort();
    },
  };
  await refusal(downloadModel({ endpoint, cacheFolder, ...settings }, wanted, options));
  expect(blobs()).toHaveLength(2);
  expect((await remove()).bytes).toBe(20_002);
  expect(existsSync(folder())).toBe(false);
});

test("a model that is being downloaded stays", async () => {
  await download();
  using _lock = await tryLockRepository(cacheFolder, repository);
  expect((await refusal(remove())).code).toBe("model_in_use");
  expect(blobs()).toHaveLength(2);
});

describe.skipIf(isWindows)("files of other tools", () => {
  test("stay, unless their removal is forced", async () => {
    addForeign("model.bin", "theirs");
    addForeign("config.json", "theirs, too");
    const { code, message } = await refusal(remove());
    expect(code).toBe("model_not_removable");
    expect(message).toContain(`${repository}: this program did not download it`);
    expect(blobs()).toHaveLength(2);
    await remove(true);
    expect(existsSync(folder())).toBe(false);
  });

  test("that were there before a download are not the download's", async () => {
    addForeign("config.json", "{}");
    await download();
    expect((await refusal(remove())).code).toBe("model_not_removable");
  });

  test("that use a file of the model keep it", async () => {
    await download();
    const theirs = join(folder(), "snapshots", other, "weights", "copy.bin");
    mkdirSync(dirname(theirs), { recursive: true });
    symlinkSync(`../../../blobs/${blobName(weights)}`, theirs);
    expect((await remove()).bytes).toBe(2);
    expect(blobs()).toEqual([blobName(weights)]);
    expect(readFileSync(theirs)).toEqual(Buffer.from(weights));
  });
});

describe.skipIf(isWindows)("a link out of the cache", () => {
  test("is removed itself, not its target", async () => {
    await download();
    const outside = join(cacheFolder, "outside.bin");
    writeFileSync(outside, "mine");
    const snapshot = join(folder(), "snapshots", other);
    mkdirSync(snapshot);
    symlinkSync(outside, join(snapshot, "model.bin"));
    expect((await refusal(remove())).code).toBe("model_not_removable");
    await remove(true);
    expect(readFileSync(outside, "utf8")).toBe("mine");
    expect(existsSync(folder())).toBe(false);
  });

  test.each(["", "snapshots", "blobs"])(
    "in place of the folder %p is not followed",
    async (name) => {
      await download();
      const outside = join(cacheFolder, "outside");
      renameSync(join(folder(), name), outside);
      symlinkSync(outside, join(folder(), name));
      const before = readdirSync(outside, { recursive: true }).length;
      await refusal(remove(true));
      expect(readdirSync(outside, { recursive: true })).toHaveLength(before);
    },
  );
});

test.each([
  ["of another format", '{"format": 2}'],
  ["with a path as the name of a file", '{"format":1,"blobs":["../../x"],"snapshots":{}}'],
  ["that is no JSON", "{"],
])("with a record %s, nothing is this program's own", async (_name, record) => {
  await download();
  writeFileSync(join(folder(), ".open-asr-server.json"), record);
  expect((await refusal(remove())).code).toBe("model_not_removable");
  expect(blobs()).toHaveLength(2);
});

test("a copy of the cache without links, as on Windows, is removed, too", async () => {
  const { folder: snapshot } = await download();
  const copy = join(cacheFolder, "copy");
  cpSync(snapshot, copy, { recursive: true, dereference: true });
  rmSync(snapshot, { recursive: true });
  renameSync(copy, snapshot);
  await remove();
  expect(existsSync(folder())).toBe(false);
});

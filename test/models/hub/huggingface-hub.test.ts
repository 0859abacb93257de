/**
 * Tests the cache that this program shares with Python's huggingface_hub. Each of the two programs must find the models
 * that the other program has downloaded.
 */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { downloadModel } from "../../../src/models/hub/download.ts";
import { installPython } from "../../bench/faster-whisper/python.ts";
import { openCommandLine } from "../../e2e/command.ts";
import { isFull } from "../../full.ts";
import { startHub } from "./local-hub.ts";

const repository = "Systran/faster-whisper-tiny";
const weights = crypto.getRandomValues(new Uint8Array(200_000));
const files = { "config.json": "{}", "model.bin": weights, "vocabulary.txt": "a\n" };
const wanted = { repository, revision: "main", files: Object.keys(files) };

const snapshotDownload = `
import sys
from huggingface_hub import snapshot_download, scan_cache_dir
print(snapshot_download(sys.argv[1], local_files_only=sys.argv[2] == "local"))
print(sum(len(one.revisions) for one in scan_cache_dir().repos), len(scan_cache_dir().warnings))
`;

// Runs only in the full run, because installing the Python packages takes about a minute.
describe.skipIf(!isFull)("Python's huggingface_hub", () => {
  async function python(
    endpoint: string,
    cacheFolder: string,
    mode: "local" | "hub",
    name = repository,
  ) {
    const child = Bun.spawn([await installPython(), "-c", snapshotDownload, name, mode], {
      env: { ...process.env, HF_ENDPOINT: endpoint, HF_HUB_CACHE: cacheFolder },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [text, problems] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    if ((await child.exited) !== 0) throw new Error(problems);
    return text.trim().split("\n");
  }

  test("finds a model that this program downloaded", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    using cache = scratchCache();
    const model = await downloadModel(hubOf(hub.endpoint, cache.folder), wanted, quiet);
    const found = await python("http://127.0.0.1:1", cache.folder, "local");
    expect(found).toEqual([model.folder, "1 0"]);
  }, 300_000);

  test("finds a model that `models pull` downloaded", async () => {
    const content = { "ggml-tiny.en.bin": weights };
    using hub = await startHub({ repositories: { "ggerganov/whisper.cpp": content } });
    using command = openCommandLine({ HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" });
    const { stdout } = await command.run(["models", "pull", "tiny.en", "--json"]);
    const [{ path } = { path: "" }] = JSON.parse(stdout) as { path: string }[];
    const cacheFolder = join(command.folder, "hub");
    const found = await python("http://127.0.0.1:1", cacheFolder, "local", "ggerganov/whisper.cpp");
    expect(found).toEqual([dirname(path), "1 0"]);
  }, 300_000);

  test("downloads from the local hub of these tests, and this program then downloads no file", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    using cache = scratchCache();
    const [folder] = await python(hub.endpoint, cache.folder, "hub");
    const before = hub.requests.length;
    const model = await downloadModel(hubOf(hub.endpoint, cache.folder), wanted, quiet);
    expect(model.folder).toBe(folder ?? "");
    expect(hub.requests.slice(before)).toHaveLength(1);
  }, 300_000);
});

// --- internal ---

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

function hubOf(endpoint: string, cacheFolder: string) {
  return { endpoint, cacheFolder, token: null, isOffline: false, stallMsMax: 20_000, backOffMs: 5 };
}

function scratchCache() {
  const folder = mkdtempSync(join(tmpdir(), "hub-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

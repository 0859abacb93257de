/** Tests that files of a repository that are too large are rejected before the download. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadModel, type WantedModel } from "../../../src/models/hub/download.ts";
import type { Hub } from "../../../src/models/hub/hub.ts";
import { blobName, startHub } from "./local-hub.ts";

const repository = "someone/faster-whisper-tiny";
const files = { "config.json": "{}", "model.bin": "weights", "vocabulary.txt": "a\nb\n" };
const wanted: WantedModel = { repository, revision: "main", files: Object.keys(files) };
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

let cacheFolder = "";
beforeAll(() => (cacheFolder = mkdtempSync(join(tmpdir(), "open-asr-server-huge-"))));
afterAll(() => rmSync(cacheFolder, { recursive: true }));

function hubAt(endpoint: string): Hub {
  return { endpoint, token: null, isOffline: false, cacheFolder, stallMsMax: 20_000, backOffMs: 5 };
}

test("rejects a text file of 1 GB by name, before it fetches any file", async () => {
  using hub = await startHub({
    repositories: { [repository]: files },
    fault({ path }, response) {
      if (!path.includes("/revision/")) return false;
      const siblings = Object.entries(files).map(([rfilename, content]) => ({
        rfilename,
        size: rfilename === "vocabulary.txt" ? 1e9 : content.length,
        blobId: blobName(content).slice(0, 40),
      }));
      response.end(JSON.stringify({ sha: "1".repeat(40), siblings }));
      return true;
    },
  });
  const failed = await downloadModel(hubAt(hub.endpoint), wanted, quiet).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    code: "model_download_failed",
    message: expect.stringMatching(/its vocabulary\.txt has 1000000000 bytes, expected at most/),
  });
  expect(hub.requests).toHaveLength(1);
});

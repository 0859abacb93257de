/** Tests which revisions of a repository are downloaded when clients request them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import { Downloads } from "../../src/models/hub/downloads.ts";
import { Pulls } from "../../src/models/pulls.ts";

let cacheFolder = "";
beforeAll(() => (cacheFolder = mkdtempSync(join(tmpdir(), "open-asr-server-pulls-"))));
afterAll(() => rmSync(cacheFolder, { recursive: true }));

test.each([
  ["a client", "main", "client", false, true],
  ["a client", "refs/pr/1", "client", false, false],
  ["a client", "1".repeat(40), "client", false, false],
  ["a client, named by the operator,", "v2", "client", true, true],
  ["the operator", "refs/pr/1", "operator", false, true],
] as const)("%s may download the revision %p of a published model: %#", (...args) => {
  const [, revision, origin, isOperators, expected] = args;
  const limits = { stallMsMax: 1000, backOffMs: 1 };
  const hub = { endpoint: "http://127.0.0.1:1", token: null, isOffline: false, cacheFolder };
  const pulls = new Pulls({
    policy: "missing",
    downloads: new Downloads({ ...hub, ...limits }),
    waitMsMax: 1000,
    onLoopback: true,
    warn: () => {},
  });
  const remote = whisperCpp.remote?.("tiny");
  if (!remote) throw new Error("expected a published model");
  const pull = { remote, revision, name: "tiny", isOperators, origin };
  expect(pulls.mayPull(pull)).toBe(expected);
});

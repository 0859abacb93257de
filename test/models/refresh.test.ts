/** Tests the setting `--pull always`: a model on this machine is compared with the hub once per process. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedModel } from "../../src/jobs/job.ts";
import type { Catalog, CatalogOptions } from "../../src/models/catalog.ts";
import { Downloads } from "../../src/models/hub/downloads.ts";
import type { PullOptions } from "../../src/models/pulls.ts";
import { isFull } from "../full.ts";
import { type Content, type LocalHub, startHub } from "./hub/local-hub.ts";
import { openCatalog } from "./open-catalog.ts";

let folder = "";
let downloads: Downloads | null = null;
let warnings: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-refresh-"));
  warnings = [];
});
afterEach(async () => {
  await downloads?.close(new Error("the test has ended"));
  rmSync(folder, { recursive: true, force: true });
});

/** Creates a catalog in the same way as a new process. All catalogs use the same cache. */
function processAt(
  { endpoint }: Pick<LocalHub, "endpoint">,
  pull: Partial<PullOptions> = {},
  options: Partial<CatalogOptions> = {},
): Catalog {
  const cacheFolder = join(folder, "hub");
  mkdirSync(cacheFolder, { recursive: true });
  const limits = { stallMsMax: 20_000, backOffMs: 1 };
  downloads = new Downloads({ endpoint, token: null, isOffline: false, cacheFolder, ...limits });
  return openCatalog({
    hubCacheFolder: cacheFolder,
    pull: {
      policy: "always",
      downloads,
      waitMsMax: 30_000,
      onLoopback: true,
      warn: (message) => void warnings.push(message),
      ...pull,
    },
    ...options,
  });
}

const contentOf = ({ source }: ResolvedModel): string =>
  "path" in source ? readFileSync(source.path, "utf8") : "embedded";

/** Creates a repository whose file can be replaced with `publish`. */
function repositoryOf(content: string) {
  const files: Record<string, string> = { "ggml-tiny.bin": content };
  const repositories: Record<string, Content> = { "ggerganov/whisper.cpp": files };
  return { repositories, publish: (next: string) => void (files["ggml-tiny.bin"] = next) };
}

test("the first use in a process gets the newest version; later uses send no request to the hub", async () => {
  const { repositories, publish } = repositoryOf("first");
  using hub = await startHub({ repositories });
  expect(contentOf(await processAt(hub).resolve("tiny", "client"))).toBe("first");
  publish("second");
  const later = processAt(hub);
  const both = await Promise.all(
    ["tiny", "whisper-tiny"].map((name) => later.resolve(name, "client")),
  );
  expect(both.map(contentOf)).toEqual(["second", "second"]);
  const { length } = hub.requests;
  publish("third");
  expect(contentOf(await later.resolve("tiny", "client"))).toBe("second");
  expect(hub.requests).toHaveLength(length);
  expect(warnings).toEqual([]);
});

test.each(["missing", "never"] as const)(
  "--pull %s keeps the version on this machine",
  async (policy) => {
    const { repositories, publish } = repositoryOf("first");
    using hub = await startHub({ repositories });
    await processAt(hub).resolve("tiny", "client");
    publish("second");
    const { length } = hub.requests;
    expect(contentOf(await processAt(hub, { policy }).resolve("tiny", "client"))).toBe("first");
    expect(hub.requests).toHaveLength(length);
  },
);

test("a commit, a file of the operator and an embedded model are not compared with the hub", async () => {
  using hub = await startHub(repositoryOf("first"));
  const commit = hub.commit("ggerganov/whisper.cpp");
  await processAt(hub).resolve(`tiny@${commit}`, "operator");
  const { length } = hub.requests;
  const own = join(folder, "own");
  mkdirSync(own);
  writeFileSync(join(own, "ggml-tiny.bin"), "own");
  const catalog = processAt(hub, {}, { modelDir: own });
  expect(contentOf(await catalog.resolve("tiny", "client"))).toBe("own");
  expect(contentOf(await catalog.resolve("base", "client"))).toBe("embedded");
  expect(contentOf(await catalog.resolve(`tiny@${commit}`, "operator"))).toBe("first");
  expect(hub.requests).toHaveLength(length);
});

test("a client that may not download the model gets the version on this machine", async () => {
  const { repositories, publish } = repositoryOf("first");
  using hub = await startHub({ repositories });
  await processAt(hub).resolve("tiny", "client");
  publish("second");
  const open = processAt(hub, { onLoopback: false });
  expect(contentOf(await open.resolve("tiny", "client"))).toBe("first");
  expect(contentOf(await open.resolve("tiny", "operator"))).toBe("second");
});

test("a hub that fails is a warning, once", async () => {
  let isDown = false;
  const { repositories } = repositoryOf("first");
  using hub = await startHub({
    repositories,
    fault(_seen, response) {
      if (isDown) response.destroy();
      return isDown;
    },
  });
  await processAt(hub).resolve("tiny", "client");
  isDown = true;
  const later = processAt(hub);
  for (let n = 0; n < 3; n++) {
    expect(contentOf(await later.resolve("tiny", "client"))).toBe("first");
  }
  expect(warnings).toEqual([
    expect.stringMatching(/^Using model "tiny" as it is on this machine\. Cannot download model/),
  ]);
});

// Runs only in the full run, because the test waits for ten seconds.
test.skipIf(!isFull)(
  "a hub that does not answer delays the first use by ten seconds at most",
  async () => {
    let isSilent = false;
    using hub = await startHub({ ...repositoryOf("first"), fault: () => isSilent });
    await processAt(hub).resolve("tiny", "client");
    isSilent = true;
    const later = processAt(hub);
    expect(contentOf(await later.resolve("tiny", "client"))).toBe("first");
    expect(warnings).toEqual([expect.stringContaining("did not answer within 10 s")]);
  },
  60_000,
);

test("a newer version that takes long is a 503, and the client that leaves gets no answer", async () => {
  let isSlow = false;
  const { repositories, publish } = repositoryOf("first");
  const fault: Parameters<typeof startHub>[0]["fault"] = ({ path }) =>
    isSlow && path.includes("/resolve/");
  using hub = await startHub({ repositories, fault });
  await processAt(hub).resolve("tiny", "client");
  publish("second");
  isSlow = true;
  const later = processAt(hub, { waitMsMax: 50 });
  const code = (work: Promise<unknown>) => work.catch((error: { code: string }) => error.code);
  expect(await code(later.resolve("tiny", "client"))).toBe("model_downloading");
  const left = { signal: AbortSignal.abort() };
  expect(await code(later.resolve("tiny", "client", left))).toBe("client_closed_request");
});

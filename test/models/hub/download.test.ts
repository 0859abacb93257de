import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadModel, type WantedModel } from "../../../src/models/hub/download.ts";
import { unlessAborted } from "../../../src/platform/abort.ts";
import { Downloads } from "../../../src/models/hub/downloads.ts";
import { AsrError } from "../../../src/errors.ts";
import type { ModelDownload } from "../../../src/jobs/job.ts";
import type { Hub } from "../../../src/models/hub/hub.ts";
import { blobName, type LocalHub, startHub } from "./local-hub.ts";

const repository = "Systran/faster-whisper-tiny";
const weights = crypto.getRandomValues(new Uint8Array(60_000));
const files = {
  "config.json": '{"model_type": "whisper"}',
  "model.bin": weights,
  "vocabulary.txt": "a\nb\n",
  "README.md": "Read me",
  "pickle.pt": new Uint8Array(5000),
};
const wanted: WantedModel = {
  repository,
  revision: "main",
  files: ["config.json", "model.bin", "vocabulary.*"],
};

let cacheFolder = "";

beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), "hub-"));
});

afterEach(() => {
  rmSync(cacheFolder, { recursive: true, force: true });
});

function hubAt({ endpoint }: Pick<LocalHub, "endpoint">, more: Partial<Hub> = {}): Hub {
  return {
    endpoint,
    token: null,
    isOffline: false,
    cacheFolder,
    stallMsMax: 20_000,
    backOffMs: 5,
    ...more,
  };
}

const never = new AbortController().signal;
const quiet = { signal: never, onProgress: () => undefined };
const folder = () => join(cacheFolder, `models--${repository.replace("/", "--")}`);
const codeOf = (failed: Promise<unknown>) =>
  failed.then(
    () => "none",
    (error: unknown) => (error as { code: string }).code,
  );

describe("a download", () => {
  test("fetches the wanted files into the layout of huggingface_hub", async () => {
    using hub = await startHub({ repositories: { [repository]: files }, tags: ["license:mit"] });
    const progress: ModelDownload[] = [];
    const onProgress = (one: ModelDownload): void => void progress.push(one);
    const model = await downloadModel(hubAt(hub), wanted, { signal: never, onProgress });
    const commit = hub.commit(repository);
    expect(model).toMatchObject({
      commit,
      license: "mit",
      folder: join(folder(), "snapshots", commit),
    });
    expect(readdirSync(model.folder).toSorted()).toEqual([
      "config.json",
      "model.bin",
      "vocabulary.txt",
    ]);
    expect(readFileSync(join(model.folder, "model.bin")).equals(weights)).toBe(true);
    expect(readlinkSync(join(model.folder, "model.bin"))).toBe(`../../blobs/${blobName(weights)}`);
    expect(readdirSync(join(folder(), "blobs")).toSorted()).toEqual(
      [files["config.json"], weights, files["vocabulary.txt"]].map(blobName).toSorted(),
    );
    expect(readFileSync(join(folder(), "refs", "main"), "utf8")).toBe(commit);
    const last = progress.at(-1);
    expect(last).toEqual({ state: "downloading", bytes: model.bytes, totalBytes: model.bytes });
  });

  test("requests only the list of files when all files are on disk", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    await downloadModel(hubAt(hub), wanted, quiet);
    const before = hub.requests.length;
    await downloadModel(hubAt(hub), wanted, quiet);
    expect(hub.requests.slice(before).map(({ path }) => path)).toEqual([
      `/api/models/${repository}/revision/main?blobs=true`,
    ]);
  });

  test("sends the token to the hub and to no other host", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    await downloadModel(hubAt(hub, { token: "hf_secret" }), wanted, quiet);
    const sent = hub.requests.map(({ host, headers }) => [host, headers.authorization]);
    expect(new Set(sent.filter(([host]) => host === "hub").map(([, token]) => token))).toEqual(
      new Set(["Bearer hf_secret"]),
    );
    expect(sent.filter(([host]) => host === "storage")).toEqual([["storage", undefined]]);
  });

  test("offline sends no request", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    const failed = downloadModel(hubAt(hub, { isOffline: true }), wanted, quiet);
    expect(await codeOf(failed)).toBe("model_not_found");
    expect(hub.requests).toEqual([]);
  });
});

describe("an interrupted download", () => {
  test("continues with the bytes on disk after an abort", async () => {
    let stop = true;
    const stopped = new AbortController();
    using hub = await startHub({
      repositories: { [repository]: files },
      fault(seen, response) {
        if (seen.host !== "storage" || !stop) return false;
        response.writeHead(200, { "content-length": weights.length });
        response.write(weights.subarray(0, 25_000));
        return true;
      },
    });
    const onProgress = ({ bytes }: ModelDownload): void => {
      if (bytes >= 25_000) stopped.abort();
    };
    const failed = downloadModel(hubAt(hub), wanted, { signal: stopped.signal, onProgress });
    expect(await codeOf(failed)).toBe("client_closed_request");
    expect(existsSync(join(folder(), "refs"))).toBe(false);
    stop = false;
    const model = await downloadModel(hubAt(hub), wanted, quiet);
    const ranged = hub.requests.find(({ headers }) => headers.range !== undefined);
    expect(ranged?.headers.range).toBe("bytes=25000-");
    expect(readFileSync(join(model.folder, "model.bin")).equals(weights)).toBe(true);
  });

  test("continues by itself when the connection is reset half way, however often", async () => {
    let resets = 0;
    using hub = await startHub({
      repositories: { [repository]: files },
      fault({ host, headers }, response) {
        const start = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
        if (host !== "storage" || start >= 50_000) return false;
        resets += 1;
        response.writeHead(start === 0 ? 200 : 206, {
          "content-length": weights.length - start,
          ...(start === 0
            ? {}
            : { "content-range": `bytes ${start}-${weights.length - 1}/${weights.length}` }),
        });
        response.write(weights.subarray(start, start + 5000));
        // Waits before the reset. Without the wait, bytes that the client has not received yet would be lost, too.
        setTimeout(() => response.socket?.destroy(), 20);
        return true;
      },
    });
    const model = await downloadModel(hubAt(hub), wanted, quiet);
    expect(resets).toBeGreaterThan(5);
    expect(readFileSync(join(model.folder, "model.bin")).equals(weights)).toBe(true);
  });

  test("starts again when the server ignores the range", async () => {
    let asked = 0;
    using hub = await startHub({
      repositories: { [repository]: files },
      fault({ host }, response) {
        if (host !== "storage") return false;
        asked += 1;
        response.writeHead(200, { "content-length": weights.length });
        if (asked > 1) response.end(weights);
        else response.write(weights.subarray(0, 9000), () => response.socket?.destroy());
        return true;
      },
    });
    const model = await downloadModel(hubAt(hub), wanted, quiet);
    expect(readFileSync(join(model.folder, "model.bin")).equals(weights)).toBe(true);
  });
});

type Fault = NonNullable<Parameters<typeof startHub>[0]["fault"]>;

/**
 * Returns a fault: `answer` responds to the first `times` requests for the weights. The hub responds to all other
 * requests as usual.
 */
function first(times: number, answer: (response: Parameters<Fault>[1]) => void): Fault {
  let count = 0;
  return ({ host }, response) => {
    count += host === "storage" ? 1 : 0;
    if (host !== "storage" || count > times) return false;
    answer(response);
    return true;
  };
}

const damaged = weights.with(30_000, (weights[30_000] ?? 0) ^ 1);
const busy = (status: number) => (response: Parameters<Fault>[1]) => {
  response.writeHead(status, { "retry-after": "0" });
  response.end();
};

describe("a fault that passes is not noticed:", () => {
  const faults: Record<string, Fault> = {
    "the hub limits the rate": first(2, busy(429)),
    "the hub fails": first(3, busy(503)),
    "the hub is silent": first(1, (response) =>
      response.writeHead(200, { "content-length": weights.length }).write("x"),
    ),
    "one byte arrives damaged": first(1, (response) => response.end(damaged)),
    "the file arrives too short": first(1, (response) => response.end(weights.subarray(0, 100))),
    "the file arrives too long": first(1, (response) => response.end(new Uint8Array(70_000))),
  };
  test.each(Object.entries(faults))("%s", async (_name, fault) => {
    using hub = await startHub({ repositories: { [repository]: files }, fault });
    const model = await downloadModel(hubAt(hub, { stallMsMax: 300 }), wanted, quiet);
    expect(readFileSync(join(model.folder, "model.bin")).equals(weights)).toBe(true);
  });
});

describe("a fault that lasts is an error, and no file gets a wrong name:", () => {
  const faults: [string, string, Fault][] = [
    ["the hub limits the rate", "model_download_failed", first(99, busy(429))],
    [
      "the content never has its hash",
      "model_download_failed",
      first(99, (response) => response.end(damaged)),
    ],
    ["the repository is gated", "model_gated", first(99, busy(403))],
    ["the repository needs a token", "model_gated", first(99, busy(401))],
    ["the file is missing", "model_not_found", first(99, busy(404))],
    [
      "a redirect leads to a file",
      "model_download_failed",
      first(99, (response) => response.writeHead(302, { location: "file:///etc/passwd" }).end()),
    ],
    [
      "redirects never end",
      "model_download_failed",
      first(99, (response) => response.writeHead(302, { location: "?again" }).end()),
    ],
  ];
  test.each(faults)("%s: %s", async (_name, code, fault) => {
    using hub = await startHub({ repositories: { [repository]: files }, fault });
    expect(await codeOf(downloadModel(hubAt(hub), wanted, quiet))).toBe(code);
    expect(existsSync(join(folder(), "blobs", blobName(weights)))).toBe(false);
    expect(existsSync(join(folder(), "refs"))).toBe(false);
  });

  test("the hub cannot be reached", async () => {
    const hub = hubAt({ endpoint: "http://127.0.0.1:1" });
    expect(await codeOf(downloadModel(hub, wanted, quiet))).toBe("model_download_failed");
  });

  test("the repository does not exist", async () => {
    using hub = await startHub({ repositories: {} });
    expect(await codeOf(downloadModel(hubAt(hub), wanted, quiet))).toBe("model_not_found");
  });

  test("a file that the backend needs is missing in the repository", async () => {
    using hub = await startHub({ repositories: { [repository]: { "config.json": "{}" } } });
    const failed = downloadModel(hubAt(hub), wanted, quiet);
    expect(await codeOf(failed)).toBe("model_not_found");
    expect(existsSync(folder())).toBe(false);
  });

  test("the cache folder cannot be written", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    const hubOf = hubAt(hub, { cacheFolder: "/dev/null/cache" });
    expect(await codeOf(downloadModel(hubOf, wanted, quiet))).toBe("model_download_failed");
  });
});

test("no name in a repository leads out of the cache", async () => {
  const hostile = [
    "../../../escaped.bin",
    "/etc/escaped.bin",
    "a/../../escaped.bin",
    "..\\escaped.bin",
    ".git/escaped.bin",
    "C:/escaped.bin",
  ];
  const content = Object.fromEntries(hostile.map((path) => [path, weights]));
  using hub = await startHub({
    repositories: { [repository]: { ...content, "fine.bin": weights } },
  });
  const everything = { ...wanted, files: ["**", "**/.*/**"] };
  expect(await codeOf(downloadModel(hubAt(hub), everything, quiet))).toBe("model_not_found");
  const model = await downloadModel(hubAt(hub), { ...wanted, files: ["**"] }, quiet);
  expect(model.files.map(({ path }) => path)).toEqual(["fine.bin"]);
});

test.each(["../x/y", "a/b/c", "..", "a/..", "a/b..c", ""])(
  "the repository name %p is rejected without a request",
  async (name) => {
    using hub = await startHub({ repositories: {} });
    const failed = downloadModel(hubAt(hub), { ...wanted, repository: name }, quiet);
    expect(await codeOf(failed)).toBe("model_download_failed");
    expect(hub.requests).toEqual([]);
  },
);

describe("downloads of one process", () => {
  test("serve all requests for a model with one download, which continues when a request ends", async () => {
    using hub = await startHub({ repositories: { [repository]: files } });
    const downloads = new Downloads(hubAt(hub));
    const leaving = new AbortController();
    const left = unlessAborted(downloads.start(wanted).result, leaving.signal);
    const stays = downloads.start(wanted).result;
    expect(downloads.running()).toHaveLength(1);
    leaving.abort();
    expect(await codeOf(left)).toBe("client_closed_request");
    expect(await stays).toMatchObject({ commit: hub.commit(repository) });
    expect(downloads.running()).toEqual([]);
    expect(hub.requests.filter(({ host }) => host === "storage")).toHaveLength(1);
  });

  test("end with the process, and requests that wait get the reason", async () => {
    using hub = await startHub({
      repositories: { [repository]: files },
      fault: ({ host }) => host === "storage",
    });
    const downloads = new Downloads(hubAt(hub));
    const failed = codeOf(downloads.start(wanted).result);
    while (!hub.requests.some(({ host }) => host === "storage")) await Bun.sleep(5);
    await downloads.close(new AsrError("server_stopping", "The server is stopping"));
    expect(await failed).toBe("server_stopping");
  });
});

test("two processes download a repository once: the second waits for the first", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  using hub = await startHub({
    repositories: { [repository]: files },
    fault(seen, response) {
      if (seen.host !== "storage") return false;
      void held.then(() => response.end(weights));
      return true;
    },
  });
  const own = downloadModel(hubAt(hub), wanted, quiet);
  const script = `
    import { downloadModel } from ${JSON.stringify(join(import.meta.dir, "../../../src/models/hub/download.ts"))};
    const { hub, wanted } = ${JSON.stringify({ hub: hubAt(hub), wanted })};
    const onProgress = ({ state }) => console.log(state);
    await downloadModel(hub, wanted, { signal: new AbortController().signal, onProgress });`;
  while (!hub.requests.some(({ host }) => host === "storage")) await Bun.sleep(5);
  await using second = Bun.spawn([process.execPath, "-e", script], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let states = "";
  const decoder = new TextDecoder();
  for await (const piece of second.stdout) {
    states += decoder.decode(piece, { stream: true });
    if (states.includes("waiting")) release();
  }
  await own;
  expect(await second.exited).toBe(0);
  expect(hub.requests.filter(({ host }) => host === "storage")).toHaveLength(1);
});

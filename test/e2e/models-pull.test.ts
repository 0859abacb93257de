/**
 * Tests the command `models pull`: downloads from a local hub, faults of the hub, and the continuation of interrupted
 * downloads.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startHub, stopsAfter } from "../models/hub/local-hub.ts";
import { openCommandLine } from "./command.ts";
import { executable, repository } from "./executable.ts";
import { until } from "./server.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";

setDefaultTimeout(60_000);

const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
const whisperCpp = "ggerganov/whisper.cpp";
const repositories = {
  [whisperCpp]: { "ggml-tiny.en.bin": weights, "ggml-small.bin": weights, "README.md": "Read me" },
};
const tags = ["license:mit"];

let command: ReturnType<typeof openCommandLine>;
beforeEach(() => {
  command = openCommandLine();
});
afterEach(() => command[Symbol.dispose]());

const cache = () => join(command.folder, "hub");
const repositoryPath = () => join(cache(), "models--ggerganov--whisper.cpp");
const at = (hub: { endpoint: string }) => ({
  environment: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" },
});
const snapshotOf = (hub: { commit(name: string): string }) =>
  join(repositoryPath(), "snapshots", hub.commit(whisperCpp));

test("prints the path, the size, the repository and the licence; --json prints the same", async () => {
  using hub = await startHub({ repositories, tags });
  const { stdout, stderr, code } = await command.run(
    ["models", "pull", "tiny.en", "small"],
    at(hub),
  );
  const snapshot = snapshotOf(hub);
  const facts = `  44 MB from ${whisperCpp}, commit ${hub.commit(whisperCpp).slice(0, 8)}\n  licence of the weights: mit\n`;
  expect(stdout).toBe(
    ["tiny.en", "small"]
      .map((name) => `${name}: ${join(snapshot, `ggml-${name}.bin`)}\n${facts}`)
      .join(""),
  );
  expect(stderr).toMatch(/^open-asr-server: downloading tiny.en: 0 % of 44 MB\n/);
  expect(code).toBe(0);
  expect(readdirSync(snapshot).toSorted()).toEqual(["ggml-small.bin", "ggml-tiny.en.bin"]);

  const before = hub.requests.length;
  const again = await command.run(["models", "pull", "tiny.en", "--json"], at(hub));
  expect(JSON.parse(again.stdout)).toEqual([
    {
      name: "tiny.en",
      path: join(snapshot, "ggml-tiny.en.bin"),
      download: {
        repository: whisperCpp,
        commit: hub.commit(whisperCpp),
        license: "mit",
        bytes: weights.length,
        files: ["ggml-tiny.en.bin"],
      },
    },
  ]);
  expect(again.stderr).toBe("");
  expect(hub.requests.slice(before).map(({ host }) => host)).toEqual(["hub"]);
});

test("a killed download continues with the bytes on disk", async () => {
  using hub = await startHub({
    repositories,
    fault: stopsAfter(5_000_000, weights),
  });
  const child = Bun.spawn([executable, "models", "pull", "tiny.en"], {
    env: { ...command.environment, ...at(hub).environment },
    stdout: "ignore",
    stderr: "ignore",
  });
  const blobs = join(repositoryPath(), "blobs");
  const part = () =>
    existsSync(blobs) &&
    readdirSync(blobs).some((name) => Bun.file(join(blobs, name)).size >= 5_000_000);
  await until("the first part is on disk", part);
  child.kill("SIGKILL");
  await child.exited;
  const { stderr, code } = await command.run(["models", "pull", "tiny.en"], at(hub));
  expect(stderr).toContain("downloading tiny.en: 11 % of 44 MB");
  expect(code).toBe(0);
  expect(hub.requests.at(-1)?.headers.range).toBe("bytes=5000000-");
  expect(readFileSync(join(snapshotOf(hub), "ggml-tiny.en.bin")).equals(weights)).toBe(true);
});

test("a second process waits for the first one, and says so", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  using hub = await startHub({
    repositories,
    fault({ host }, response) {
      if (host !== "storage") return false;
      void held.then(() => response.end(weights));
      return true;
    },
  });
  const first = command.run(["models", "pull", "tiny.en"], at(hub));
  await until("the first one downloads", () => hub.requests.some(({ host }) => host === "storage"));
  const second = command.run(["models", "pull", "tiny.en"], at(hub));
  await until("the second one asked the hub", () => hub.requests.length === 4);
  await Bun.sleep(300);
  release();
  expect((await first).code).toBe(0);
  const { stderr, code } = await second;
  expect(stderr).toBe(
    "open-asr-server: downloading tiny.en: waiting for another process, which downloads it\n",
  );
  expect(code).toBe(0);
  expect(hub.requests.filter(({ host }) => host === "storage")).toHaveLength(1);
});

describe("an error is one line", () => {
  const gated: Parameters<typeof startHub>[0]["fault"] = ({ path }, response) => {
    if (!path.includes("/revision/")) return false;
    response.writeHead(403, { "x-error-code": "GatedRepo" }).end();
    return true;
  };
  const wrong: Parameters<typeof startHub>[0]["fault"] = ({ host }, response) => {
    if (host === "storage") response.end(Buffer.alloc(weights.length));
    return host === "storage";
  };

  test.each([
    ["for a gated repository", gated, "Accept its conditions on its page", {}],
    ["for a wrong hash", wrong, "does not have the hash that the hub announced", {}],
    ["without a network", undefined, "HF_HUB_OFFLINE is set", { HF_HUB_OFFLINE: "1" }],
    ["without a folder", undefined, "Set HF_HUB_CACHE", { HF_HUB_CACHE: "/proc/none" }],
  ] as const)("%s", async (_what, fault, words, more) => {
    using hub = await startHub({ repositories, ...(fault === undefined ? {} : { fault }) });
    const { environment } = at(hub);
    const { stdout, stderr, code } = await command.run(["models", "pull", "tiny.en"], {
      environment: { ...environment, ...more },
    });
    const lines = stderr.trimEnd().split("\n");
    const last = lines.at(-1)!;
    expect(last).toStartWith("open-asr-server: Cannot download ");
    expect(last).toContain(words);
    expect(lines.slice(0, -1).every((line) => line.includes(": downloading "))).toBe(true);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  test.skipIf(!canMountTmpfs)("for a disk that is too small, also of an import", async () => {
    using hub = await startHub({ repositories });
    using disk = mountTmpfs(command.folder, "size=80m");
    const environment = { ...at(hub).environment, HF_HUB_CACHE: disk.folder };
    const pulled = await command.run(["models", "pull", "tiny.en"], { environment });
    expect(pulled.stderr).toContain("it needs 44 MB more, and the disk of");
    expect(pulled.code).toBe(1);
    const source = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");
    const imported = await command.run(["models", "import", source], { environment });
    expect(imported.stderr).toContain("MB that the model cache has free");
    expect(imported.code).toBe(1);
    expect(readdirSync(disk.folder)).toEqual([".locks"]);
  });

  test("of one name; the other models are downloaded", async () => {
    using hub = await startHub({ repositories });
    const args = ["models", "pull", "tinny.en", "someone/faster-whisper-x", "tiny.en", "--json"];
    const { stdout, stderr, code } = await command.run(args, at(hub));
    const entries = JSON.parse(stdout) as { name: string; error?: { code: string } }[];
    expect(entries.map(({ name, error }) => [name, error?.code])).toEqual([
      ["tinny.en", "model_not_found"],
      ["someone/faster-whisper-x", "model_not_found"],
      ["tiny.en", undefined],
    ]);
    expect(stderr).toContain('Did you mean "tiny.en"');
    expect(code).toBe(1);
  });

  test.each([
    [["models", "pull"], "models pull needs the name of a model"],
    [["models", "pull", "tiny.en", "--jsn"], "did you mean --json?"],
    [["models", "pul", "tiny.en"], "did you mean: open-asr-server models pull tiny.en?"],
    [["models", "show", "a", "b"], "models show takes one model, found 2: a, b"],
    [["models", "list", "a"], 'models list takes flags only, found "a"'],
  ] as const)("%j exits with code 2", async (args, words) => {
    const { stdout, stderr, code } = await command.run(args);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });
});

/**
 * Tests the commands `models list`, `show`, `path` and `rm`: the information about models on this machine and on the
 * hub, and the removal of models.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { type LocalHub, startHub } from "../models/hub/local-hub.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";

setDefaultTimeout(60_000);

const models = join(repository, ".build/models");
const read = (path: string) => readFileSync(join(models, path));
const weights = read("ggml-tiny.en-q8_0.bin");
const folderFiles = ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"];
const repositories = {
  "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights, "ggml-small.bin": weights },
  "Systran/faster-whisper-tiny.en": Object.fromEntries(
    folderFiles.map((name) => [name, read(`faster-whisper-tiny.en/${name}`)]),
  ),
};

let command: ReturnType<typeof openCommandLine>;
let hub: LocalHub;
let environment: Record<string, string>;
beforeAll(async () => {
  command = openCommandLine();
  hub = await startHub({ repositories, tags: ["license:mit"] });
  environment = { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" };
  const args = ["models", "pull", "tiny.en", "Systran/faster-whisper-tiny.en"];
  expect((await command.run(args, { environment })).code).toBe(0);
});
afterAll(() => {
  hub[Symbol.dispose]();
  command[Symbol.dispose]();
});

const run = (...args: string[]) => command.run(["models", ...args]);
const cache = () => join(command.folder, "hub");
const snapshot = (name: keyof typeof repositories) =>
  join(cache(), `models--${name.replace("/", "--")}`, "snapshots", hub.commit(name));
const ggml = () => join(snapshot("ggerganov/whisper.cpp"), "ggml-tiny.en.bin");

describe("models list", () => {
  test("has a line for each model: name, backend, size, where from", async () => {
    const { stdout, stderr, code } = await run("list");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ["NAME", "BACKEND", "SIZE", "FROM"],
      isStarterForCtranslate2
        ? ["base (default)", "faster-whisper", "75 MB", "the executable"]
        : ["base (default)", "whisper-cpp", "82 MB", "the executable"],
      ["tiny.en", "whisper-cpp", "44 MB", "model cache"],
      ["openai/whisper-tiny.en", "faster-whisper", "76 MB", "model cache"],
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  test("--json has the paths, and the default model of the settings; each name finds its path", async () => {
    const { stdout } = await command.run(["models", "list", "--json"], {
      environment: { OPEN_ASR_SERVER_DEFAULT_MODEL: "tiny.en" },
    });
    const entries = JSON.parse(stdout) as Record<string, unknown>[];
    expect(entries[0]).toEqual({
      name: "tiny.en",
      backend: "whisper-cpp",
      bytes: weights.length,
      source: "hub_cache",
      path: ggml(),
      is_default: true,
    });
    expect(entries.filter((entry) => entry["is_default"])).toHaveLength(1);
    for (const { name, path } of entries.filter((entry) => entry["path"] !== null)) {
      expect((await run("path", String(name))).stdout).toBe(`${String(path)}\n`);
    }
  });

  test("--all also has the published names that are not on this machine", async () => {
    const { stdout } = await run("list", "--all", "--json");
    const entries = JSON.parse(stdout) as { name: string; source: string; repository?: string }[];
    expect(entries.filter(({ name }) => name === "tiny.en")).toHaveLength(1);
    expect(entries.find(({ name }) => name === "small")).toMatchObject({
      source: "hub",
      repository: "ggerganov/whisper.cpp",
    });
  });

  test("shows models of the model folder, and neither other files nor damaged models", async () => {
    const folder = join(command.folder, "models");
    mkdirSync(folder);
    cpSync(join(models, "ggml-tiny.en-q8_0.bin"), join(folder, "ggml-tiny.en-q8_0.bin"));
    writeFileSync(join(folder, "notes.txt"), "notes");
    writeFileSync(join(folder, "ggml-broken.bin"), "ggml, but not really");
    const { stdout } = await run("list", "--model-dir", folder, "--json");
    const here = (JSON.parse(stdout) as { name: string; source: string }[]).filter(
      ({ source }) => source === "model_folder",
    );
    expect(here.map(({ name }) => name)).toEqual(["tiny.en-q8_0"]);
  });
});

describe("models show", () => {
  test("a model on this machine: its files, commit, licence, languages and path", async () => {
    const { stdout } = await run("show", "tiny.en");
    expect(stdout.split("\n")).toEqual([
      "tiny.en",
      "  backend                 whisper-cpp",
      "  on this machine         yes",
      "  repository              ggerganov/whisper.cpp",
      "  revision                main",
      `  commit                  ${hub.commit("ggerganov/whisper.cpp")}`,
      "  size                    44 MB",
      "  licence of the weights  mit",
      "  languages               en",
      "  capabilities            prompt, keywords, temperature, beam_size, encoder_window, words",
      `  path                    ${ggml()}`,
      "  files",
      "    ggml-tiny.en.bin  44 MB",
      "",
    ]);
    const json = JSON.parse((await run("show", "faster-whisper:tiny.en", "--json")).stdout) as {
      files: { path: string }[];
    };
    expect(json.files.map(({ path }) => path)).toEqual(folderFiles);
  });

  test("a model on the hub: size and licence", async () => {
    const { stdout } = await command.run(["models", "show", "small"], { environment });
    expect(stdout).toContain("on this machine         no\n");
    expect(stdout).toContain(`commit                  ${hub.commit("ggerganov/whisper.cpp")}\n`);
    expect(stdout).toContain("size                    44 MB\n");
    expect(stdout).toContain("licence of the weights  mit\n");
    expect(existsSync(join(snapshot("ggerganov/whisper.cpp"), "ggml-small.bin"))).toBe(false);
  });

  test("offline, a model on the hub has an approximate size, and the reason", async () => {
    const { stdout, code } = await run("show", "small");
    expect(stdout).toContain("size                    about 490 MB\n");
    expect(stdout).toContain("HF_HUB_OFFLINE is set");
    expect(code).toBe(0);
  });
});

test.each([
  ["base", "is part of the executable"],
  ["small", "is not on this machine. Download it: open-asr-server models pull small"],
  ["bse", 'Did you mean "base"'],
])("models path %s is an error", async (name, words) => {
  const { stdout, stderr, code } = await run("path", name);
  expect(stdout).toBe("");
  expect(stderr).toContain(words);
  expect(code).toBe(1);
});

describe("models rm", () => {
  test.each([
    ["base", [], "is part of the executable"],
    ["small", [], "it is not in the model cache"],
    ["tiny.en-q8_0", ["--model-dir", models], `Delete ${models}/ggml-tiny.en-q8_0.bin yourself`],
    ["tiny.en-q8_0", ["--model-dir", models, "--force"], "this program did not download it"],
  ])("%s %j is refused", async (name, more, words) => {
    const { stdout, stderr, code } = await run("rm", name, ...more);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
    expect(code).toBe(1);
    expect(existsSync(join(models, "ggml-tiny.en-q8_0.bin"))).toBe(true);
  });

  test.skipIf(isWindows)("keeps a model of another tool, unless it is forced", async () => {
    const folder = join(command.folder, "theirs", "models--ggerganov--whisper.cpp");
    const commit = "1".repeat(40);
    for (const name of ["blobs", "refs", `snapshots/${commit}`]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const blob = "2".repeat(64);
    writeFileSync(join(folder, "blobs", blob), weights);
    writeFileSync(join(folder, "refs/main"), commit);
    const file = join(folder, "snapshots", commit, "ggml-tiny.en.bin");
    symlinkSync(`../../blobs/${blob}`, file);
    const options = { environment: { HF_HUB_CACHE: join(command.folder, "theirs") } };
    const refused = await command.run(["models", "rm", "tiny.en"], options);
    expect(refused.stderr).toContain("--force removes it");
    expect(refused.code).toBe(1);
    expect(existsSync(file)).toBe(true);
    const forced = await command.run(["models", "rm", "tiny.en", "--force"], options);
    expect(forced.stdout).toBe("Removed tiny.en, freed 44 MB\n");
    expect(existsSync(folder)).toBe(false);
  });

  test("removes what was pulled; other models stay", async () => {
    const { stdout, code } = await run("rm", "tiny.en");
    expect(stdout).toBe("Removed tiny.en, freed 44 MB\n");
    expect(code).toBe(0);
    expect(existsSync(join(cache(), "models--ggerganov--whisper.cpp"))).toBe(false);
    expect((await run("list")).stdout).toContain("faster-whisper  76 MB");
  });
});

/** Tests the faster-whisper backend of the executable: its libraries, its model names and its compute types. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable, openScratch, repository } from "./executable.ts";

setDefaultTimeout(120_000);

const model = join(repository, ".build/models/faster-whisper-tiny.en");
const clip = join(repository, "samples/jfk_0_5.flac");
const says = /so,? my fellow Americans,? ask not/iu;

test("the executable loads a model folder by its path, and unpacks the engine's libraries into one folder", async () => {
  using scratch = openScratch();
  const cache = join(scratch.folder, "cache");
  const { stdout } = await transcribe(["--model", model], { OPEN_ASR_SERVER_CACHE_DIR: cache });
  expect(stdout).toMatch(says);
  const folders = readdirSync(cache, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readdirSync(join(cache, name)));
  const engine = folders.find((files) => files.some((file) => file.includes("asr_ctranslate2")));
  expect(engine?.length).toBeGreaterThan(1);
});

test("the executable finds a model by OpenAI's name in the cache of the Hugging Face tools", async () => {
  using scratch = openScratch();
  const repositoryFolder = join(scratch.folder, "hub/models--Systran--faster-whisper-tiny.en");
  const commit = "0".repeat(40);
  mkdirSync(join(repositoryFolder, "snapshots"), { recursive: true });
  mkdirSync(join(repositoryFolder, "refs"));
  writeFileSync(join(repositoryFolder, "refs/main"), commit);
  symlinkSync(model, join(repositoryFolder, "snapshots", commit));
  const { stdout } = await transcribe(["--model", "openai/whisper-tiny.en"], {
    HF_HOME: scratch.folder,
  });
  expect(stdout).toMatch(says);
});

test("the backend returns words and segments with times", async () => {
  const { stdout } = await transcribe(
    ["--model", model, "--words", "--format", "verbose_json", "--compute-type", "float32"],
    {},
  );
  const { words, segments } = JSON.parse(stdout);
  expect(words.map(({ word }: { word: string }) => word).join(" ")).toMatch(says);
  expect(segments.length).toBeGreaterThan(0);
});

test("the executable rejects a compute type that this CPU lacks, in one line that lists the types it has", async () => {
  const { exitCode, stderr } = await transcribe(
    ["--model", model, "--compute-type", "float16"],
    {},
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Cannot compute in float16 on this CPU: expected one of .*float32/u);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("the executable rejects an unknown compute type as a mistake on the command line", async () => {
  const { exitCode, stderr } = await transcribe(["--model", model, "--compute-type", "int4"], {});
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--compute-type is "int4"');
});

async function transcribe(flags: readonly string[], environment: Record<string, string>) {
  const child = Bun.spawn([executable, "transcribe", ...flags, clip], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}

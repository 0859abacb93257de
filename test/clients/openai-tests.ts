/**
 * Installs the tests that the sdist of OpenAI's Python package carries, and runs them against a server. OpenAI runs them
 * against a mock, so they send placeholders. The copies that run here send real values instead.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findPython, runTool } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import { pythonEnvironment } from "../python-environment.ts";
import { clientsFolder } from "./client.ts";

export interface Target {
  readonly baseUrl: string;
  readonly audio: string;
  /** Id of a model that the tests download and delete. */
  readonly model: string;
}

export interface TestResult {
  readonly output: string;
  readonly exitCode: number;
}

/** Installs the package and its tests, unless this has been done before. Returns the interpreter of the environment. */
export async function installTests(): Promise<string> {
  const interpreter = await pythonEnvironment({
    title: "the tests of openai for Python",
    folder: "clients/openai-tests",
    requirements,
  });
  await buildStep(
    {
      title: "fetching the sdist of openai for Python",
      name: "clients-openai-sdist",
      inputs: [requirements],
      outputs: [join(sdistFolder, "tests")],
    },
    () => Promise.resolve(fetchSdist(interpreter)),
  );
  return interpreter;
}

/** Runs the tests for audio and models in a copy in `folder`. */
export async function runTests(
  interpreter: string,
  target: Target,
  folder: string,
): Promise<TestResult> {
  cpSync(join(sdistFolder, "tests"), join(folder, "tests"), { recursive: true });
  for (const [file, replacements] of Object.entries(testFiles)) {
    const path = join(folder, file);
    writeFileSync(path, replaced(readFileSync(path, "utf8"), { file, replacements }));
  }
  const settings = ["-c", join(programs, "openai-tests.ini"), "--rootdir", folder];
  const plugins = ["-p", "pull_before_delete", "-p", "no:cacheprovider"];
  const child = Bun.spawn(
    [interpreter, "-m", "pytest", "--quiet", ...settings, ...plugins, ...Object.keys(testFiles)],
    {
      cwd: folder,
      env: {
        ...process.env,
        PYTHONPATH: [folder, programs].join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
        TEST_API_BASE_URL: target.baseUrl,
        OPEN_ASR_TEST_AUDIO: target.audio,
        OPEN_ASR_TEST_MODEL: target.model,
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      timeout: testsTimeoutMs,
    },
  );
  const output = await new Response(child.stdout).text();
  return { output, exitCode: await child.exited };
}

// --- internal ---

const testsTimeoutMs = 500_000;
const programs = join(import.meta.dirname, "python");
const requirements = join(programs, "openai-tests.txt");
const sdistFolder = join(clientsFolder, "openai-sdist");

type Replacements = readonly (readonly [placeholder: string, value: string])[];

const audio: Replacements = [
  ['b"Example data"', '__import__("pathlib").Path(os.environ["OPEN_ASR_TEST_AUDIO"]).read_bytes()'],
];

/** Test files for the routes of this server. Each has the placeholders that its copy replaces with real values. */
const testFiles: Readonly<Record<string, Replacements>> = {
  "tests/api_resources/audio/test_transcriptions.py": [
    ...audio,
    ['language="language"', 'language="en"'],
    ['languages=["string"]', 'languages=["en"]'],
    // As OpenAI, the server rejects `word` for the format json.
    ['timestamp_granularities=["word"]', 'timestamp_granularities=["segment"]'],
    // The server does not tell speakers apart.
    ['            known_speaker_names=["string"],\n', ""],
    ['            known_speaker_references=["string"],\n', ""],
  ],
  "tests/api_resources/audio/test_translations.py": audio,
  "tests/api_resources/test_models.py": [
    ['"ft:gpt-4o-mini:acemeco:suffix:abc123"', 'os.environ["OPEN_ASR_TEST_MODEL"]'],
  ],
};

function replaced(
  text: string,
  { file, replacements }: { file: string; replacements: Replacements },
): string {
  return replacements.reduce((before, [placeholder, value]) => {
    if (!before.includes(placeholder)) throw new Error(`${file} has no ${placeholder}`);
    return before.replaceAll(placeholder, value);
  }, text);
}

/** Downloads the sdist of the pinned version, checks its hash, and unpacks it. */
function fetchSdist(interpreter: string): void {
  rmSync(sdistFolder, { recursive: true, force: true });
  mkdirSync(sdistFolder, { recursive: true });
  const [pin = "", version = ""] =
    /^openai==(\S+) .*\n(?: +--hash=.*\n)+/mu.exec(readFileSync(requirements, "utf8")) ?? [];
  const pinFile = join(sdistFolder, "openai.txt");
  writeFileSync(pinFile, pin);
  // For an sdist, pip runs the build system of the package. The environment contains a pinned version of it.
  const pip = [findPython() ?? "python3", "-m", "pip", "--python", interpreter];
  const source = ["--no-deps", "--no-binary=:all:", "--no-build-isolation"];
  runTool(
    [...pip, "download", "--quiet", ...source, "--require-hashes", "-r", pinFile, "-d", "."],
    { cwd: sdistFolder, failure: "Cannot fetch the sdist of openai" },
  );
  runTool(["tar", "-xzf", `openai-${version}.tar.gz`, "--strip-components=1"], {
    cwd: sdistFolder,
    failure: "Cannot unpack the sdist of openai",
  });
}

/**
 * Installs the tests in the source package (sdist) of OpenAI's Python client, and runs copies of them against a server.
 * The tests are written for a mock server, so they send placeholders. In the copies, real values replace the
 * placeholders.
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

/**
 * Installs the Python client and its tests, unless this has been done before. Returns the path of the interpreter of
 * the environment.
 */
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

/** Copies the tests for audio and models to `folder` and runs the copies. */
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

/**
 * Maps test files to their placeholders. A real value replaces each placeholder in the copy of the file. The map
 * contains only the test files for routes that this server has.
 */
const testFiles: Readonly<Record<string, Replacements>> = {
  "tests/api_resources/audio/test_transcriptions.py": [
    ...audio,
    ['language="language"', 'language="en"'],
    ['languages=["string"]', 'languages=["en"]'],
    // Like OpenAI's server, this server rejects `word` for the format json.
    ['timestamp_granularities=["word"]', 'timestamp_granularities=["segment"]'],
    // The server does not support speaker names, because it does not identify speakers.
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

/** Downloads the source package in the pinned version, checks its hash, and unpacks it. */
function fetchSdist(interpreter: string): void {
  rmSync(sdistFolder, { recursive: true, force: true });
  mkdirSync(sdistFolder, { recursive: true });
  const [pin = "", version = ""] =
    /^openai==(\S+) .*\n(?: +--hash=.*\n)+/mu.exec(readFileSync(requirements, "utf8")) ?? [];
  const pinFile = join(sdistFolder, "openai.txt");
  writeFileSync(pinFile, pin);
  // To download a source package, pip runs the build system of this package. pip uses the pinned version of the build
  // system, which is in the environment.
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

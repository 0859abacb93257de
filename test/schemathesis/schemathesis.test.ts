/**
 * Runs Schemathesis. It generates requests from the OpenAPI document of the executable, and compares each response with
 * the document: status, headers, content type, schema, events of streams, and allowed methods.
 */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findPython } from "../../vendor/packages.mjs";
import { openScratch, repository } from "../e2e/executable.ts";
import { nullEngine, startServer } from "../e2e/server.ts";
import { isFull } from "../full.ts";
import { pythonEnvironment } from "../python-environment.ts";

/** Time limit in milliseconds. It is long, because on a new machine the packages are first installed. */
const timeoutMs = 600_000;

/** Maximum number of requests that the phase "fuzzing" generates for each operation. */
const examplesMax = isFull ? 100 : 15;

/**
 * Model for translations. The null engine does not translate, and a real model takes too long for `npm test`. So `npm
 * test` checks only the errors of translations.
 */
const translationModel = isFull ? "base" : "null:echo";

// The pinned versions of the packages need this version of Python.
const needed = "sys.version_info >= (3, 11)";
const isTooOld =
  spawnSync(findPython() ?? "python3", ["-c", `import sys; sys.exit(not ${needed})`]).status !== 0;
if (isTooOld) console.error("Schemathesis: skipped, this machine has no Python 3.11 or newer");

test.skipIf(isTooOld)(
  "Schemathesis finds no response that differs from the OpenAPI document, and no error of the server",
  async () => {
    const python = await pythonEnvironment({
      title: "Schemathesis",
      folder: "schemathesis",
      requirements: join(import.meta.dirname, "requirements.txt"),
    });
    const environment = { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo" };
    await using server = await startServer({ environment });
    using scratch = openScratch();
    const { output, exitCode } = await schemathesis(python, {
      url: server.url,
      cwd: scratch.folder,
    });
    if (exitCode !== 0) throw new Error(output);
    // At least one request for each of these routes must succeed. Otherwise, the test has compared only errors with the
    // document.
    const succeeded = routesIn(server.log(), "status=200");
    expect(succeeded).toContain("POST /v1/audio/transcriptions");
    if (isFull) expect(succeeded).toContain("POST /v1/audio/translations");
  },
  timeoutMs,
);

// --- internal ---

async function schemathesis(python: string, { url, cwd }: { url: string; cwd: string }) {
  const settings = join(import.meta.dirname, "schemathesis.toml");
  const program = [python, "-m", "schemathesis.cli", "--config-file", settings];
  const run = ["run", `${url}/openapi.json`, "--url", url, "--max-examples", String(examplesMax)];
  const child = Bun.spawn([...program, ...run], {
    cwd,
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: join(import.meta.dirname, "hooks.py"),
      OPEN_ASR_TEST_TRANSLATION_MODEL: translationModel,
      OPEN_ASR_TEST_AUDIO: join(repository, "test/audio/formats/wav-8k.wav"),
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    timeout: timeoutMs,
  });
  const output = await new Response(child.stdout).text();
  return { output, exitCode: await child.exited };
}

/** Returns the routes of the requests whose line in the log contains `fact`. */
function routesIn(log: string, fact: string): string[] {
  const lines = log.split("\n").filter((line) => line.includes(` ${fact} `));
  return [...new Set(lines.map((line) => /route="([^"]*)"/.exec(line)?.[1] ?? ""))];
}

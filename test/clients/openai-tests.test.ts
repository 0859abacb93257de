/**
 * Runs tests that OpenAI wrote for its Python client: the tests for audio and models in the source package (sdist) of
 * the client. The tests use the synchronous and the asynchronous client, raw and streamed responses, and strict
 * validation of the responses.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openScratch, repository } from "../e2e/executable.ts";
import { nullEngine, startServer } from "../e2e/server.ts";
import { isFull } from "../full.ts";
import { startHub } from "../models/hub/local-hub.ts";
import { installTests, runTests } from "./openai-tests.ts";

/** Time limit in milliseconds. It is long, because on a new machine the packages are first installed. */
const timeoutMs = 600_000;

/**
 * Aliases with the names of the models that the tests request. The tests retrieve the first alias, and transcribe with
 * the second alias. In `npm test`, the second alias is a model of the null engine, because 40 transcriptions with a
 * real model would take too long.
 */
const aliases = ["gpt-6-astra=base", `gpt-4o-transcribe=${isFull ? "base" : "null:echo"}`];

/** Number of tests in the pinned version of the source package. */
const testCount = 115;

test(
  "OpenAI's own tests of its Python client pass",
  async () => {
    const interpreter = await installTests();
    using hub = await startHub({
      repositories: { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": startOfModel() } },
    });
    await using server = await startServer({
      environment: { ...nullEngine, HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" },
      flags: aliases.flatMap((alias) => ["--alias", alias]),
    });
    using scratch = openScratch();
    const target = {
      baseUrl: `${server.url}/v1`,
      audio: join(repository, "test/audio/en_agent-user.flac"),
      model: "tiny.en",
    };
    const { output, exitCode } = await runTests(interpreter, target, scratch.folder);
    if (exitCode !== 0) throw new Error(output);
    expect(output).toContain(`${testCount} passed`);
  },
  timeoutMs,
);

// --- internal ---

/** Returns the start of a model file. It is enough for a model that is downloaded and deleted, but never loaded. */
function startOfModel(): Buffer {
  const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
  return weights.subarray(0, 2_000_000);
}

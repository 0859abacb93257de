/** Tests the command `models recommend` of the executable. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { executable, openScratch } from "./executable.ts";

setDefaultTimeout(60_000);

function recommend(flags: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  using scratch = openScratch();
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [executable, "models", "recommend", ...flags],
    { env: { ...scratch.environment, ...environment }, timeout: 30_000 },
  );
  return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
}

test.skipIf(physicalCores() < 2)("it prints the model, the reason and the command", () => {
  expect(recommend(["--languages", "en,fr"])).toEqual({
    stdout: expect.stringMatching(
      /^this machine: \d+ cores, .*\nbest model: (\S+), because it makes .*\nopen-asr-server models pull \1\n$/,
    ),
    stderr: "",
    exitCode: 0,
  });
  const { stdout } = recommend(["--json", "--languages", "English"]);
  expect(JSON.parse(stdout)).toEqual({
    model: expect.any(String),
    reason: expect.any(String),
    command: expect.stringMatching(/^open-asr-server models pull /),
  });
});

test("it keeps the starter model when the memory for models is small", () => {
  const environment = { OPEN_ASR_SERVER_MODELS_MEMORY_BYTES: "500000000" };
  expect(recommend([], environment).stdout).toContain("the starter model is the best");
  expect(recommend(["--json"], environment).stdout).toBe("null\n");
});

test("it rejects an unknown language, and the error contains the language", () => {
  expect(recommend(["--languages", "en,klingonese"])).toEqual({
    stdout: "",
    stderr: expect.stringContaining('--languages has "klingonese"'),
    exitCode: 2,
  });
});

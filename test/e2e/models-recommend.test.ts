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
      /^this machine: \d+ cores, .*\nbest model: (\S+), because it makes .*\nopen-asr-server models pull \1\nmodels of other kinds, .*\n {2}speed {6}parakeet-tdt-0\.6b-v3 \(740 MB, 25 languages\)\n/,
    ),
    stderr: "",
    exitCode: 0,
  });
  const { stdout } = recommend(["--json", "--languages", "English"]);
  const { best, others } = JSON.parse(stdout) as { best: unknown; others: unknown[] };
  expect(best).toEqual({
    model: expect.any(String),
    reason: expect.any(String),
    command: expect.stringMatching(/^open-asr-server models pull /),
  });
  expect(others[0]).toEqual({
    need: "speed",
    model: "parakeet-tdt-0.6b-v2",
    bytes: 730e6,
    languages: ["en"],
    command: "open-asr-server models pull parakeet-tdt-0.6b-v2",
  });
});

test("it keeps the starter model when the memory for models is small", () => {
  const environment = { OPEN_ASR_SERVER_MODELS_MEMORY_BYTES: "500000000" };
  expect(recommend([], environment).stdout).toContain("the starter model is the best");
  expect(JSON.parse(recommend(["--json"], environment).stdout)).toEqual({ best: null, others: [] });
});

test("it rejects an unknown language, and the error contains the language", () => {
  expect(recommend(["--languages", "en,klingonese"])).toEqual({
    stdout: "",
    stderr: expect.stringContaining('--languages has "klingonese"'),
    exitCode: 2,
  });
});

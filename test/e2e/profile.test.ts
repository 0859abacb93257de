/** Tests `transcribe --profile` with the model inside the executable. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const speech = ["jfk_0_5.flac", "jfk_5_10.flac"].map((name) => join(repository, "samples", name));
let command: ReturnType<typeof openCommandLine>;

beforeAll(async () => {
  command = openCommandLine(nullEngine);
  await Bun.write(join(command.folder, "a.wav"), wavOf(2, tone));
  await Bun.write(join(command.folder, "b.wav"), wavOf(2, tone));
});
afterAll(() => command[Symbol.dispose]());

/** Returns the seconds of each stage in the table, by name. */
function secondsIn(stderr: string): Record<string, number> {
  const lines = stderr.split("\n");
  const start = lines.findIndex((line) => /^stage +seconds +share$/u.test(line));
  const rows = lines.slice(start + 1, start + 9).map((line) => line.trim().split(/\s+/u));
  return Object.fromEntries(rows.map(([name, seconds]) => [name, Number(seconds)]));
}

test.each(["whisper-cpp:base", "faster-whisper:base"])(
  "prints the time of each stage of %s on standard error only",
  async (model) => {
    const flags = ["--profile", "-m", model];
    const { stdout, stderr, code } = await command.run(["transcribe", ...speech, ...flags]);
    expect(code).toBe(0);
    expect(stdout).toContain("ask not");
    expect(stdout).not.toContain("seconds");
    const { sum, ...stages } = secondsIn(stderr);
    expect(Object.keys(stages)).toEqual(
      "waiting decode vad features encoder decoder assembly".split(" "),
    );
    for (const stage of Object.values(stages)) expect(stage).toBeGreaterThan(0);
    // The times have three decimals.
    expect(sum).toBeCloseTo(
      Object.values(stages).reduce((one, other) => one + other, 0),
      1,
    );
  },
);

test("adds up all files, also a file that fails", async () => {
  const flags = ["--profile", "-m", "null:echo", "--workers", "1", "--prompt", "sleep 300"];
  const one = await command.run(["transcribe", "a.wav", ...flags]);
  expect(secondsIn(one.stderr)["decoder"]).toBeGreaterThanOrEqual(0.3);
  const both = await command.run(["transcribe", "a.wav", "b.wav", ...flags]);
  expect(secondsIn(both.stderr)["decoder"]).toBeGreaterThanOrEqual(0.6);
  const failing = [...flags.slice(0, -1), "sleep 300; fail"];
  const failed = await command.run(["transcribe", "a.wav", ...failing]);
  expect(failed.code).toBe(1);
  expect(secondsIn(failed.stderr)["decoder"]).toBeGreaterThanOrEqual(0.3);
});

test("without the flag, prints no table", async () => {
  const { stderr } = await command.run(["transcribe", "a.wav", "-m", "null:echo"]);
  expect(stderr).not.toContain("seconds");
});

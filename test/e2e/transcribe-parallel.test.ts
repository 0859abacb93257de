/**
 * Tests that `transcribe` works on several files at the same time. Each output file is written when its transcript is
 * ready. Standard output and the list of files are in the order of the inputs.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCommandLine } from "./command.ts";
import { nullEngine } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const model = ["-m", "null:echo", "--workers", "1"];
let command: ReturnType<typeof openCommandLine>;
const inFolder = (...parts: string[]) => join(command.folder, ...parts);

beforeAll(async () => {
  command = openCommandLine(nullEngine);
  mkdirSync(inFolder("talks"));
  // The audio of a.wav has four chunks, and the audio of each other file has one chunk.
  for (const [name, seconds] of Object.entries({ a: 100, b: 1, d: 2, e: 3 })) {
    await Bun.write(inFolder("talks", `${name}.wav`), wavOf(seconds, tone));
  }
  writeFileSync(inFolder("talks/c.wav"), "");
});
afterAll(() => command[Symbol.dispose]());

/** Returns the names of the transcripts in the order in which they were written. */
function orderIn(folder: string): string[] {
  const record = readFileSync(inFolder(folder, ".open-asr-server.jsonl"), "utf8");
  const lines = record.trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { transcript: string }).transcript);
}

describe.each([
  [1, ["a", "b", "d", "e"]],
  [2, ["b", "d", "e", "a"]],
])("with --parallel %d", (parallel, order) => {
  const flags = ["--parallel", String(parallel), "--prompt", "sleep 100", ...model];

  test("files are written when they are ready, and listed in the order of the inputs", async () => {
    const folder = `out-${parallel}`;
    const { stderr, code } = await command.run(["transcribe", "talks", "-o", folder, ...flags]);
    expect(orderIn(folder)).toEqual(order.map((name) => `${name}.txt`));
    const lines = stderr.split("\n").filter((line) => line.includes(" -> "));
    expect(lines).toEqual(
      ["a", "b", "d", "e"].map((name) => `talks/${name}.wav -> ${folder}/${name}.txt`),
    );
    expect(stderr).toContain('Cannot transcribe "talks/c.wav"');
    expect(stderr).toContain("\n4 transcribed, 0 skipped, 1 failed; 2 min of audio in ");
    expect(code).toBe(1);
  });

  test("standard output has whole lines in the order of the inputs", async () => {
    const { stdout, stderr, code } = await command.run(["transcribe", "talks", ...flags]);
    const lines = stdout.split("\n");
    expect(lines.slice(1)).toEqual(["16000 samples", "32000 samples", "48000 samples", ""]);
    const samples = [...lines[0]!.matchAll(/(\d+) samples/g)].map(([, count]) => Number(count));
    expect(samples.length).toBeGreaterThan(3);
    expect(samples.reduce((sum, count) => sum + count, 0)).toBe(1_600_000);
    expect(stderr).toMatch(/^open-asr-server: Cannot transcribe "talks\/c\.wav": [^\n]+\n$/);
    expect(code).toBe(1);
  });
});

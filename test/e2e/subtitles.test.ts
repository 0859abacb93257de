/** Tests subtitles of the command line and of the server: limits on the size of subtitles, and splits at word times. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, startServer } from "./server.ts";

setDefaultTimeout(120_000);

const jfkPath = join(repository, "test/audio/jfk.flac");

interface Cue {
  readonly startS: number;
  readonly endS: number;
  readonly lines: readonly string[];
}

function cuesOf(text: string): Cue[] {
  const seconds = (time: string) => {
    const [hours, minutes, rest] = time.replace(",", ".").split(":").map(Number);
    return hours! * 3600 + minutes! * 60 + rest!;
  };
  return text
    .trim()
    .split(/\n\n+/)
    .filter((block) => block.includes("-->"))
    .map((block) => {
      const lines = block.split("\n");
      const at = lines.findIndex((line) => line.includes("-->"));
      const [start, end] = lines[at]!.split(" --> ");
      return { startS: seconds(start!), endS: seconds(end!), lines: lines.slice(at + 1) };
    });
}

const wordsOf = (cues: Cue[]) => cues.flatMap(({ lines }) => lines.join(" ").split(" "));

function expectLimits(cues: Cue[], width: number, lines: number, seconds: number): void {
  let untilS = 0;
  for (const cue of cues) {
    expect(cue.lines.length).toBeWithin(1, lines + 1);
    for (const line of cue.lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
    expect(cue.endS - cue.startS).toBeLessThanOrEqual(seconds + 0.002);
    expect(cue.startS).toBeGreaterThanOrEqual(untilS);
    untilS = cue.endS;
  }
}

test("transcribe limits subtitles by default, and its flags change the limits", async () => {
  using command = openCommandLine();
  const srt = await command.run(["transcribe", jfkPath, "-l", "en", "-f", "srt"]);
  const cues = cuesOf(srt.stdout);
  expectLimits(cues, 42, 2, 7);
  expect(cues.length).toBeGreaterThan(1);

  const flags = ["--max-line-width", "16", "--max-line-count", "1", "--max-cue-seconds", "2.5"];
  const vtt = await command.run(["transcribe", jfkPath, "-l", "en", "-f", "vtt", ...flags]);
  expect(vtt.stdout).toStartWith("WEBVTT\n\n");
  const short = cuesOf(vtt.stdout);
  expectLimits(short, 16, 1, 2.5);
  expect(wordsOf(short)).toEqual(wordsOf(cues));

  const verbose = ["-f", "verbose_json", "--words"];
  const { stdout } = await command.run(["transcribe", jfkPath, "-l", "en", ...verbose]);
  const { words } = JSON.parse(stdout) as { words: { start: number; end: number }[] };
  const [starts, ends] = [words.map(({ start }) => start), words.map(({ end }) => end)];
  for (const { startS, endS } of [...cues, ...short]) {
    expect(starts.some((start) => Math.abs(start - startS) < 0.002)).toBe(true);
    expect(ends.some((end) => Math.abs(end - endS) < 0.002)).toBe(true);
  }
});

test("the subtitles of a request are limited only if the request has a limit", async () => {
  await using server = await startServer();
  const file = () => new Blob([readFileSync(jfkPath)]);
  const post = async (fields: Record<string, string>) =>
    server.post(formOf({ file: file(), language: "en", ...fields }));
  const plain = cuesOf(await (await post({ response_format: "srt" })).text());
  expect(plain.every(({ lines }) => lines.length === 1)).toBe(true);
  expect(plain.some(({ lines }) => lines[0]!.length > 42)).toBe(true);

  for (const format of ["srt", "vtt"]) {
    const fields = { max_line_width: "20", max_line_count: "2", max_cue_seconds: "3" };
    const response = await post({ response_format: format, ...fields });
    expect(response.status).toBe(200);
    const cues = cuesOf(await response.text());
    expectLimits(cues, 20, 2, 3);
    expect(wordsOf(cues)).toEqual(wordsOf(plain));
  }
  const rejected = { status: 400, code: "invalid_request" };
  await expectError(await post({ response_format: "srt", max_line_width: "wide" }), {
    ...rejected,
    says: /max_line_width "wide": expected a whole number from 1 to 1000/,
  });
  await expectError(await post({ max_cue_seconds: "5" }), {
    ...rejected,
    says: /max_cue_seconds: it requires response_format "srt" or "vtt"/,
  });
  const api = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    components: {
      schemas: { TranscriptionRequest: { properties: Record<string, { description: string }> } };
    };
  };
  const { properties } = api.components.schemas.TranscriptionRequest;
  for (const name of ["max_line_width", "max_line_count", "max_cue_seconds"]) {
    expect(properties[name]?.description).toStartWith("Extension of this server");
  }
});

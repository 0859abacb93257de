/**
 * Tests Kyutai models on MLX through the executable, on the CPU, with a small random model. The executable for Linux does
 * not contain the library of MLX's engine, so the server gets its path.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingAt } from "../backends/recording.ts";
import { smallShape, turnShape } from "../mlx/kyutai/shapes.ts";
import { writeKyutaiFolder } from "../mlx/kyutai/write-kyutai.ts";
import { mlxLibrary } from "../mlx/library.ts";
import references from "../parity/kyutai-reference.json";
import { expectError } from "./failures.ts";
import { formOf, recordingFile, startServer, type TestServer } from "./server.ts";
import { encodeWav } from "./wav.ts";

setDefaultTimeout(300_000);

const model = "kyutai/stt-1b-en_fr-mlx";
const english = "kyutai/stt-2.6b-en-mlx";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-kyutai-"));
  const shapes = { [model]: smallShape, [english]: turnShape };
  for (const [name, shape] of Object.entries(shapes)) {
    const repositoryFolder = join(folder, `hub/models--${name.replace("/", "--")}`);
    writeKyutaiFolder(join(repositoryFolder, "snapshots", "0".repeat(40)), shape);
  }
  server = await startServer({
    environment: { OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary, HF_HUB_CACHE: join(folder, "hub") },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Verbose {
  readonly text: string;
  readonly language: string;
  readonly duration: number;
  readonly words: readonly {
    readonly word: string;
    readonly start: number;
    readonly end: number;
  }[];
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
}

function ask(fields: Record<string, string | File>): Promise<Response> {
  const form = formOf({ file: recordingFile("jfk.flac"), model, vad: "off", ...fields });
  if (fields["response_format"] === "verbose_json") {
    form.append("timestamp_granularities[]", "word");
    form.append("timestamp_granularities[]", "segment");
  }
  return server.post(form);
}

async function transcribe(fields: Record<string, string | File> = {}): Promise<Verbose> {
  const response = await ask({ response_format: "verbose_json", ...fields });
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body as Verbose;
}

const textOf = (name: string): string =>
  references.find((one) => one.model === name && one.file === "jfk.flac" && one.times === 1)!.text;

test("a file returns the text of moshi-mlx, with words and segments", async () => {
  const { text, words, segments, duration } = await transcribe();
  const expected = textOf("small");
  expect(text.replaceAll(" ", "")).toBe(expected.replaceAll(" ", ""));
  expect(words.map(({ word }) => word).join("")).toBe(expected.replaceAll(" ", ""));
  const starts = words.map(({ start }) => start);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(words.every(({ start, end }) => start <= end && end <= duration)).toBe(true);
  expect(
    segments
      .map((segment) => segment.text)
      .join("")
      .trim(),
  ).toBe(text);
});

test("a pause of more than a second ends a segment", async () => {
  const { segments } = await transcribe({ file: recordingFile("en_tt-allbusy.flac") });
  expect(segments.length).toBeGreaterThan(1);
  for (const [i, { start }] of segments.slice(1).entries()) {
    expect(start - segments[i]!.end).toBeGreaterThan(1);
  }
});

test("the end of a turn ends a segment", async () => {
  const found = await transcribe({ model: english, language: "en" });
  const { turnEnds } = references.find((one) => one.model === "turns" && one.file === "jfk.flac")!;
  expect(turnEnds.length).toBeGreaterThan(0);
  expect(found.segments.length).toBeGreaterThan(1);
  expect(found.language).toBe("english");
});

test("audio at 16 kHz is converted to 24 kHz", async () => {
  const [samples, original] = [recordingAt(16_000, "jfk.flac"), await transcribe()];
  const file = encodeWav(samples);
  expect((await transcribe({ file })).text.slice(0, 8)).toBe(original.text.slice(0, 8));
});

test("requests at the same time return what each returns alone", async () => {
  const files = [
    "jfk.flac",
    "fr_demo-echotest.flac",
    "en_demo-moreinfo.flac",
    "en_tt-allbusy.flac",
  ];
  const alone: Verbose[] = [];
  for (const name of files) alone.push(await transcribe({ file: recordingFile(name) }));
  const jobs = [...files, ...files].map((name) => transcribe({ file: recordingFile(name) }));
  // The products of a batch are rounded in another way, so log-probabilities differ in their last digits.
  const factsOf = ({ text, words }: Verbose) => ({ text, words });
  expect((await Promise.all(jobs)).map(factsOf)).toEqual([...alone, ...alone].map(factsOf));
});

test("voice activity removes silence, so silence has no text", async () => {
  const silence = recordingFile("silence_30s.flac");
  expect(await transcribe({ file: silence, vad: "on" })).toMatchObject({ text: "", segments: [] });
  expect((await transcribe({ vad: "on" })).text).not.toBe("");
});

test("the segments of a stream are those of the file", async () => {
  const response = await ask({ stream: "true" });
  const events = (await response.text()).split("\n").filter((line) => line.startsWith("data: {"));
  const done = events.map((line) => JSON.parse(line.slice(6)) as { type: string; text?: string });
  expect(done.at(-1)).toMatchObject({
    type: "transcript.text.done",
    text: (await transcribe()).text,
  });
});

test.each([
  ["prompt", "A prompt."],
  ["temperature", "0.5"],
  ["language", "de"],
  ["beam_size", "3"],
])("a request with %s=%s is rejected", async (field, value) => {
  const expected = { status: 400, code: "unsupported_value", param: field } as const;
  await expectError(await ask({ [field]: value }), expected);
});

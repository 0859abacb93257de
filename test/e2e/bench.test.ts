/**
 * Tests the command `bench`: its tables and JSON, its errors, and how it ends after Ctrl-C. No test checks the measured
 * speeds.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { version } from "../../package.json";
import { startHub } from "../models/hub/local-hub.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { nullEngine } from "./server.ts";

setDefaultTimeout(120_000);

const text = Type.String({ minLength: 1 });
const count = Type.Integer({ minimum: 1 });
const positive = Type.Number({ exclusiveMinimum: 0 });
const closed = { additionalProperties: false } as const;
const results = Type.Object(
  {
    version: Type.Literal(version),
    date: Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\d$` }),
    machine: Type.Object(
      {
        cpu: text,
        cores: count,
        cpu_level: text,
        gpus: Type.Array(text),
        memory_bytes: count,
        system: text,
        load: Type.Number({ minimum: 0 }),
      },
      closed,
    ),
    options: Type.Object({ seconds: count, beam_size: count, vad: Type.Boolean() }, closed),
    models: Type.Array(
      Type.Object(
        {
          model: text,
          backend: text,
          engine: text,
          precision: Type.Union([text, Type.Null()]),
          compute_type: Type.Union([text, Type.Null()]),
          device: text,
          workers: count,
          threads_per_worker: count,
          load_s: positive,
          latency: Type.Union([
            Type.Null(),
            Type.Object(
              { clip_s: positive, requests: count, median_s: positive, worst_s: positive },
              closed,
            ),
          ]),
          long_audio: Type.Union([
            Type.Null(),
            Type.Object({ audio_s: positive, requests: count, real_time_factor: positive }, closed),
          ]),
          throughput: Type.Array(
            Type.Object({ clients: count, requests: count, audio_s_per_s: positive }, closed),
          ),
          peak_memory_bytes: count,
          word_errors: Type.Union([
            Type.Null(),
            Type.Object({ wrong: Type.Integer({ minimum: 0 }), words: count }, closed),
          ]),
          notes: Type.Array(text),
        },
        closed,
      ),
    ),
    failures: Type.Array(Type.Object({ model: text, reason: text }, closed)),
  },
  closed,
);

let command: ReturnType<typeof openCommandLine>;
beforeEach(() => {
  command = openCommandLine(nullEngine);
});
afterEach(() => command[Symbol.dispose]());

/** Returns the rows of all tables, as lists of cells. */
function rowsOf(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|"))
    .map((cells) => cells.map((cell) => cell.trim()));
}

test("prints a table of the machine and a table with a column for each model", async () => {
  // `bench` must ignore these settings. If it used them, most of its requests would be rejected.
  const environment = {
    OPEN_ASR_SERVER_API_KEY: "secret",
    OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE: "1",
    OPEN_ASR_SERVER_MAX_REQUESTS: "1",
    OPEN_ASR_SERVER_DEFAULT_PROMPT: "fail",
  };
  const args = ["bench", "null:echo", "null:streaming", "--seconds", "1"];
  const { stdout, stderr, code } = await command.run(args, { environment });
  const rows = rowsOf(stdout);
  const cellsOf = (title: string) => rows.find(([first]) => first === title)?.slice(1) ?? [];
  expect(cellsOf("measure")).toEqual(["null:echo", "null:streaming"]);
  expect(cellsOf("engine")).toEqual(["null", "null"]);
  expect(cellsOf("device, workers x threads")[0]).toMatch(/^cpu, \d+ x 1$/);
  expect(cellsOf("short clip, median")[0]).toMatch(/^\d+ ms \(5 s, \d+ requests\)$/);
  expect(cellsOf("short clip, worst")[1]).toMatch(/^\d+ ms$/);
  expect(cellsOf("real-time factor, long audio")[0]).toMatch(/^\d\.\d{3} \(\d+ s\)$/);
  for (const clients of ["1 client", "4 clients", "16 clients"]) {
    for (const cell of cellsOf(`audio seconds per second, ${clients}`)) {
      expect(Number(cell)).toBeGreaterThan(0);
    }
  }
  expect(cellsOf("peak memory of the model's process")[0]).toMatch(/^\d+ MB$/);
  expect(cellsOf("wrong words in the samples")).toEqual(["21 of 21", "21 of 21"]);
  for (const fact of ["CPU", "GPU", "memory", "system"]) expect(cellsOf(fact)[0]).not.toBe("");
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([2, 3]));
  expect(stdout).toStartWith(`open-asr-server ${version}, `);
  const steps = stderr.trimEnd().split("\n");
  expect(steps[0]).toBe("open-asr-server: bench 1 of 2, null:echo: load the model");
  expect(steps.at(-1)).toBe("open-asr-server: bench 2 of 2, null:streaming: 16 clients");
  expect(code).toBe(0);
  expect(readdirSync(join(command.folder, "spool"))).toEqual([]);
});

test("downloads a missing model, and measures it", async () => {
  const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
  using hub = await startHub({
    repositories: { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights } },
  });
  const environment = { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0", OPEN_ASR_VAD: "on" };
  const args = ["bench", "null:echo", "tiny.en", "--seconds", "1", "--beam", "1", "--json"];
  const { stdout, stderr, code } = await command.run(args, { environment });
  const found: unknown = JSON.parse(stdout);
  expect([...Value.Errors(results, found)]).toEqual([]);
  const { models } = Value.Cast(results, found);
  expect(models[0]).toMatchObject({ model: "null:echo", notes: [], compute_type: null });
  expect(models[0]?.throughput.map(({ clients }) => clients)).toEqual([1, 4, 16]);
  const tiny = models[1];
  expect(tiny).toMatchObject({
    model: "whisper-cpp:tiny.en",
    backend: "whisper-cpp",
    engine: expect.stringMatching(/^whisper\.cpp \d+\.\d+\.\d+ \(\w+\)$/),
    precision: "int8",
  });
  expect(tiny?.peak_memory_bytes).toBeGreaterThan(weights.length);
  // On a very slow machine, `bench` leaves out measurements. It then reports notes and exits with code 1.
  expect(code).toBe(tiny?.notes.length === 0 ? 0 : 1);
  expect(stderr).toStartWith("open-asr-server: downloading tiny.en: 0 % of 44 MB\n");
});

test("a model that cannot be loaded is named, and the others are measured", async () => {
  const args = ["bench", "null:bad", "null:echo", "--seconds", "1"];
  const { stdout, stderr, code } = await command.run(args);
  expect(rowsOf(stdout).find(([first]) => first === "measure")).toEqual(["measure", "null:echo"]);
  expect(stderr).toContain("open-asr-server: Cannot measure null:bad: Cannot load model");
  expect(stdout).toContain('\n- null:bad: Cannot load model "null:bad"');
  expect(code).toBe(1);
  const { stdout: json } = await command.run(["bench", "null:bad", "--json"]);
  const found: unknown = JSON.parse(json);
  expect([...Value.Errors(results, found)]).toEqual([]);
  expect(found).toMatchObject({ models: [], failures: [{ model: "null:bad" }] });
});

test.each([
  [["nonesuch", "null:echo"], 1, 'Cannot find model "nonesuch"'],
  [["null:echo", "null:echo"], 2, 'Model "null:echo" is named twice'],
  [["--seconds", "0"], 2, '--seconds is "0", expected a whole number from 1 to 3600'],
  [["--second", "1"], 2, "did you mean --seconds?"],
] as const)("%j measures nothing, with one line of error", async (args, exitCode, says) => {
  const { stdout, stderr, code } = await command.run(["bench", ...args]);
  expect(stdout).toBe("");
  expect(stderr).toContain(says);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(exitCode);
});

describe.skipIf(isWindows)("Ctrl-C in a terminal", () => {
  const screenOf = (written: string) =>
    written
      .split("\r\n")
      .map((line) => line.slice(line.lastIndexOf("\u001B[K") + 1))
      .map((line) => Bun.stripANSI(line).replace("[K", ""));

  test("ends the benchmark with the models that were measured", async () => {
    const args = ["bench", "null:echo", "null:streaming", "--seconds", "1"];
    const { text: written, code } = await command.inTerminal(args, {
      columns: 80,
      interruptAt: "2 of 2",
    });
    const screen = screenOf(written);
    expect(screen[0]).toStartWith(`open-asr-server ${version}, `);
    expect(rowsOf(screen.join("\n")).find(([first]) => first === "measure")).toEqual([
      "measure",
      "null:echo",
    ]);
    expect(screen.slice(-2)).toEqual(["open-asr-server: Stopped: 1 of 2 models measured", ""]);
    expect(code).toBe(130);
    expect(readdirSync(join(command.folder, "spool"))).toEqual([]);
  });

  test("ends a running measurement, and a load that hangs", async () => {
    for (const [model, interruptAt] of [
      ["null:echo", "4 clients"],
      ["null:stuck", "load"],
    ] as const) {
      const args = ["bench", model, "--seconds", "4"];
      const { text: written, code } = await command.inTerminal(args, { columns: 80, interruptAt });
      expect(screenOf(written)).toEqual(["open-asr-server: Stopped: 0 of 1 models measured", ""]);
      expect(code).toBe(130);
    }
  });
});

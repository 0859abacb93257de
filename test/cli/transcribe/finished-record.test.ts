/** Tests the record of finished transcripts, and the fingerprints in it. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, vadPreset } from "../../../src/settings/config.ts";
import { Fingerprints } from "../../../src/cli/transcribe/fingerprint.ts";
import { FinishedRecords } from "../../../src/cli/transcribe/finished-record.ts";
import { readTask } from "../../../src/cli/transcribe/task.ts";
import type { ResolvedModel } from "../../../src/jobs/job.ts";
import { isWindows } from "../../windows.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-server-record-"));
const inFolder = (name: string) => join(folder, name);
const recordPath = inFolder(".open-asr-server.jsonl");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(recordPath, { recursive: true, force: true });
  writeFileSync(inFolder("a.mp3"), "audio");
  writeFileSync(inFolder("a.txt"), "text");
  utimesSync(inFolder("a.mp3"), 1000, 1000);
});

const outputs = [{ format: "text", path: inFolder("a.txt") }] as const;
const records = (isKept = true) => {
  const warnings: string[] = [];
  return { warnings, records: new FinishedRecords(isKept, (text) => warnings.push(text)) };
};

describe("a record", () => {
  test("finds a transcript that exists and has the same fingerprint", () => {
    const same = new Map([["text", "1"]]);
    records().records.add(outputs, same);
    expect(records().records.isFinished(outputs, same)).toBe(true);
    expect(records().records.isFinished(outputs, new Map([["text", "2"]]))).toBe(false);
    expect(records().records.isFinished(outputs, null)).toBe(false);
    rmSync(inFolder("a.txt"));
    expect(records().records.isFinished(outputs, same)).toBe(false);
  });

  test("uses the last line about a transcript", () => {
    records().records.add(outputs, new Map([["text", "1"]]));
    records().records.add(outputs, new Map([["text", "2"]]));
    expect(records().records.isFinished(outputs, new Map([["text", "1"]]))).toBe(false);
    expect(records().records.isFinished(outputs, new Map([["text", "2"]]))).toBe(true);
  });

  test("continues on a new line after an incomplete line", () => {
    writeFileSync(recordPath, '{"transcript":"b.t');
    records().records.add(outputs, new Map([["text", "1"]]));
    expect(records().records.isFinished(outputs, new Map([["text", "1"]]))).toBe(true);
  });

  test("is not created for a single file; if it exists, a line is added", () => {
    records(false).records.add(outputs, new Map([["text", "1"]]));
    expect(() => readFileSync(recordPath)).toThrow();
    writeFileSync(recordPath, "");
    records(false).records.add(outputs, new Map([["text", "1"]]));
    expect(readFileSync(recordPath, "utf8")).toBe('{"transcript":"a.txt","fingerprint":"1"}\n');
  });
});

describe.skipIf(isWindows)("a record that another person prepared", () => {
  const finished = '{"transcript":"a.txt","fingerprint":"1"}\n';

  test.each([
    ["a named pipe", () => Bun.spawnSync(["mkfifo", recordPath])],
    ["a device", () => symlinkSync("/dev/zero", recordPath)],
    ["a link to a file of the user", () => symlinkSync(inFolder("precious"), recordPath)],
    ["a folder", () => mkdirSync(recordPath)],
  ])("is neither read nor written when it is %s", (_what, prepare) => {
    writeFileSync(inFolder("precious"), finished);
    prepare();
    const { records: kept, warnings } = records();
    expect(kept.isFinished(outputs, new Map([["text", "1"]]))).toBe(false);
    kept.add(outputs, new Map([["text", "1"]]));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /Cannot write ".*": it is (?:a folder|a link|not a regular file); /u,
    );
    expect(readFileSync(inFolder("precious"), "utf8")).toBe(finished);
  });
});

const model: ResolvedModel = {
  id: "base",
  backend: "faster-whisper",
  source: { path: "/models/base" },
  bytes: 100,
  mtimeMs: 5,
  capabilities: null,
  chunkMaxS: 30,
};

/** Returns the fingerprint of a.mp3 for the first format of the task. */
function fingerprint(flags: Record<string, string> = {}, changed: Partial<ResolvedModel> = {}) {
  const config = loadConfig(flags, { HF_HUB_CACHE: "/hub" });
  const taskFlags = { output: `${folder}/`, ...flags };
  const task = readTask(taskFlags, [inFolder("a.mp3")], vadPreset(config));
  const found = new Fingerprints(task, { ...model, ...changed }, config).of(inFolder("a.mp3"));
  return found?.get(task.formats[0]!);
}

describe("a fingerprint", () => {
  test("is the same for the same file, options and model", () => {
    expect(fingerprint()).toMatch(/^[0-9a-f]{32}$/u);
    expect(fingerprint()).toBe(fingerprint());
    for (const flags of [{ workers: "3" }, { threads: "2" }, { "log-level": "error" }]) {
      expect(fingerprint(flags as Record<string, string>)).toBe(fingerprint());
    }
  });

  test.each([
    [{ translate: "true" }],
    [{ language: "en" }],
    [{ prompt: "x" }],
    [{ temperature: "0.5" }],
    [{ timestamps: "true" }],
    [{ format: "json" }],
    [{ beam: "1" }],
    [{ "vad-threshold": "0.3" }],
    [{ "temperature-fallback": "off" }],
    [{ "encoder-window": "full" }],
    [{ "compute-type": "float32" }],
  ])("changes with the flags %j", (flags) => {
    expect(fingerprint(flags as Record<string, string>)).not.toBe(fingerprint());
  });

  test("changes with the limits of subtitles only for subtitles", () => {
    const wide = { "max-line-width": "50" };
    expect(fingerprint({ format: "srt" })).not.toBe(fingerprint({ format: "srt", ...wide }));
    expect(fingerprint({ format: "text,srt", ...wide })).toBe(fingerprint({ format: "text" }));
  });

  test("changes with the size and the time of the recording", () => {
    const before = fingerprint();
    utimesSync(inFolder("a.mp3"), 1000, 1001);
    const touched = fingerprint();
    writeFileSync(inFolder("a.mp3"), "longer audio");
    utimesSync(inFolder("a.mp3"), 1000, 1000);
    expect(new Set([before, touched, fingerprint()]).size).toBe(3);
  });

  test("changes with the model: its files, or its commit when it is in the cache", () => {
    const at = (commit: string) => ({ path: `/hub/models--o--n/snapshots/${commit.repeat(40)}` });
    const different = [
      fingerprint(),
      fingerprint({}, { id: "small" }),
      fingerprint({}, { backend: "whisper-cpp" }),
      fingerprint({}, { bytes: 101 }),
      fingerprint({}, { mtimeMs: 6 }),
      fingerprint({}, { source: at("a") }),
      fingerprint({}, { source: at("b") }),
      fingerprint({}, { source: { embedded: "base.bin" } }),
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(fingerprint({}, { source: at("a"), mtimeMs: 6 })).toBe(
      fingerprint({}, { source: at("a") }),
    );
  });

  test("does not exist for standard input or for a file that is missing", () => {
    const config = loadConfig({}, {});
    const task = readTask({}, ["-"], vadPreset(config));
    const all = new Fingerprints(task, model, config);
    expect(all.of("-")).toBeNull();
    expect(all.of(inFolder("absent.mp3"))).toBeNull();
  });
});

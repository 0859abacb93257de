/** Tests the file of calibrations: what it keeps, and how damaged and foreign files are treated. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CalibrationFile,
  calibrationFileName,
  type CalibrationKey,
  type StoredCalibration,
} from "../../src/supervisor/calibration-file.ts";

const key: CalibrationKey = {
  version: "1.2.3",
  backend: "faster-whisper",
  model: "base",
  bytes: 1000,
  mtimeMs: null,
  computeType: null,
  beamSize: 5,
  threadsPerLane: 1,
  cpu: "a CPU",
  level: "v3",
  cores: 2,
  lanesMax: 8,
};

let folder: string;
let path: string;
let file: CalibrationFile;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "open-asr-calibrations-")), "cache");
  path = join(folder, calibrationFileName);
  file = new CalibrationFile([folder]);
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

function calibration(more: Partial<CalibrationKey> = {}, lanes = 4): StoredCalibration {
  const rates = [
    { lanes: 8, audioSPerS: 20 },
    { lanes: 4, audioSPerS: 19.5 },
  ];
  return { key: { ...key, ...more }, result: { lanes, rates }, atMs: 1_700_000_000_000 };
}

test("a calibration is found by its key, and by no other key", () => {
  expect(file.read()).toEqual([]);
  file.add(calibration());
  expect(file.find({ ...key })).toEqual(calibration());
  const others: Partial<CalibrationKey>[] = [
    { version: "1.2.4" },
    { backend: "other" },
    { model: "tiny" },
    { bytes: 1001 },
    { mtimeMs: 1 },
    { computeType: "float32" },
    { beamSize: 1 },
    { threadsPerLane: 2 },
    { cpu: "another CPU" },
    { level: "v4" },
    { cores: 4 },
    { lanesMax: 6 },
  ];
  for (const other of others) expect(file.find({ ...key, ...other })).toBeNull();
  expect(others.flatMap((other) => Object.keys(other)).toSorted()).toEqual(
    Object.keys(key).toSorted(),
  );
});

test("a newer calibration replaces the older one with the same key, and keeps the others", () => {
  file.add(calibration());
  file.add(calibration({ model: "tiny" }, 2));
  file.add(calibration({}, 8));
  expect(file.read()).toEqual([calibration({}, 8), calibration({ model: "tiny" }, 2)]);
});

test("the oldest of more than 100 calibrations are removed", () => {
  for (let bytes = 0; bytes <= 100; bytes++) file.add(calibration({ bytes }));
  expect(file.read()).toHaveLength(100);
  expect(file.find({ ...key, bytes: 0 })).toBeNull();
  expect(file.find({ ...key, bytes: 1 })).not.toBeNull();
});

test.each([
  ["a damaged file", '{"schema":1,"calibr'],
  ["an empty file", ""],
  ["a file of a later version", '{"schema":2,"calibrations":[]}'],
  ["other JSON", "[1]"],
  [
    "a missing number of lanes",
    JSON.stringify({ schema: 1, calibrations: [{ ...calibration(), result: { rates: [] } }] }),
  ],
  ["0 lanes", JSON.stringify({ schema: 1, calibrations: [calibration({}, 0)] })],
  [
    "more lanes than there can be",
    JSON.stringify({ schema: 1, calibrations: [calibration({}, 9)] }),
  ],
])("%s counts as empty, and is replaced", (_, text) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
  expect(file.read()).toEqual([]);
  file.add(calibration());
  expect(file.read()).toEqual([calibration()]);
});

test.skipIf(process.getuid === undefined)("a file that others can write is not read", () => {
  file.add(calibration());
  chmodSync(path, 0o666);
  expect(file.read()).toEqual([]);
});

test("the file is replaced as a whole, so another process never reads a part of it", () => {
  file.add(calibration());
  const older = statSync(path).ino;
  file.add(calibration({}, 8));
  expect(statSync(path).ino).not.toBe(older);
  expect(readdirSync(folder)).toEqual([calibrationFileName]);
});

test("a failure leaves no incomplete file", () => {
  mkdirSync(join(path, "a folder in place of the file"), { recursive: true });
  expect(() => file.add(calibration())).toThrow();
  expect(readdirSync(folder)).toEqual([calibrationFileName]);
});

test("a folder in which nothing can be written is passed over", () => {
  const blocked = join(folder, "..", "blocked");
  writeFileSync(blocked, "a file in place of a folder");
  const both = new CalibrationFile([blocked, folder]);
  both.add(calibration());
  expect(both.find(key)).toEqual(calibration());
  expect(file.find(key)).toEqual(calibration());
  expect(() => new CalibrationFile([blocked]).add(calibration())).toThrow();
  expect(() => new CalibrationFile([]).add(calibration())).toThrow("no cache folder");
});

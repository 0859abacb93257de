/** Tests the number of lanes of a model: the operator's number, the calibrated number, and when a model is calibrated. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CalibrationResult } from "../../src/ipc/calibration.ts";
import { createLog } from "../../src/log.ts";
import type { Backend } from "../../src/models/backends/backend.ts";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { type Config, loadConfig } from "../../src/settings/config.ts";
import { CalibrationFile } from "../../src/supervisor/calibration-file.ts";
import { ModelLanes } from "../../src/supervisor/model-lanes.ts";
import { starterModel as model } from "./starter-model.ts";

const most = 4 * physicalCores();

const result: CalibrationResult = {
  lanes: 2,
  rates: [
    { lanes: most, audioSPerS: 20.04 },
    { lanes: 2, audioSPerS: 19.96 },
  ],
};

let folder: string;
let calibrations: CalibrationFile;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-lanes-"));
  calibrations = new CalibrationFile([folder]);
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(
  more: Partial<Config> = {},
  backend: Partial<Backend> = {},
  file: CalibrationFile | null = calibrations,
): ModelLanes {
  return new ModelLanes({
    config: { ...loadConfig({}, {}), device: "cpu", ...more },
    backendOf: () => ({ ...fasterWhisper, ...backend }),
    bytesMax: () => Infinity,
    calibrations: file,
    log: createLog({ logLevel: "info", logFormat: "text" }, (line) => lines.push(line)),
  });
}

test("before the calibration, a model has all lanes", () => {
  const lanes = open();
  expect(lanes.of(model)).toBe(most);
  expect(lanes.mustCalibrate(model)).toBe(true);
  expect(lanes.numbers).toEqual(new Map([["base", most]]));
});

test("the calibrated number applies at once, for the queue and for the next runner", () => {
  const lanes = open();
  lanes.calibrated(model, lanes.of(model), result);
  expect(lanes.of(model)).toBe(2);
  expect(lanes.numbers).toEqual(new Map([["base", 2]]));
  expect(lanes.mustCalibrate(model)).toBe(false);
  expect(lines.join("\n")).toMatch(/measured how many workers .*base.*workers=2.*20\.0.*2: 20\.0/);
});

test("the next server uses the stored number, and measures nothing", () => {
  const first = open();
  first.calibrated(model, first.of(model), result);
  const next = open();
  expect(next.of(model)).toBe(2);
  expect(next.mustCalibrate(model)).toBe(false);
});

test("the stored number applies only to the same files and settings", () => {
  const first = open();
  first.calibrated(model, first.of(model), result);
  for (const [changed, config] of [
    [{ bytes: 1001 }, {}],
    [{ mtimeMs: 5 }, {}],
    [{}, { computeType: "float32" }],
    [{}, { beamSize: 1 }],
    [{}, { threadsPerLane: 2 }],
  ] as const) {
    const next = open(config);
    expect(next.of({ ...model, ...changed })).toBe(most);
    expect(next.mustCalibrate({ ...model, ...changed })).toBe(true);
  }
});

test("the operator's number wins, also over a stored one", () => {
  const first = open();
  first.calibrated(model, first.of(model), result);
  const lanes = open({ lanes: 7 });
  expect(lanes.of(model)).toBe(7);
  expect(lanes.mustCalibrate(model)).toBe(false);
});

test.each<[string, () => ModelLanes]>([
  ["calibration is off", () => open({}, {}, null)],
  ["the backend has a number of lanes", () => open({}, { lanes: 12 })],
])("a model is not calibrated if %s", (_, create) => {
  const first = open();
  first.calibrated(model, first.of(model), result);
  const lanes = create();
  expect(lanes.of(model)).not.toBe(2);
  expect(lanes.mustCalibrate(model)).toBe(false);
});

test("after the death of a runner, later runners measure nothing", () => {
  const lanes = open();
  lanes.runnerDied(model);
  expect(lanes.of(model)).toBe(most);
  expect(lanes.mustCalibrate(model)).toBe(false);
});

test("a model that is too slow to measure keeps all lanes, and the next server tries again", () => {
  const lanes = open();
  lanes.calibrated(model, most, { lanes: most, rates: [{ lanes: 2, audioSPerS: 1 }] });
  expect(lanes.mustCalibrate(model)).toBe(false);
  expect(calibrations.read()).toEqual([]);
  expect(open().mustCalibrate(model)).toBe(true);
});

test("a number that cannot be stored applies until the server ends", () => {
  const blocked = join(folder, "blocked");
  writeFileSync(blocked, "a file in place of a folder");
  const lanes = open({}, {}, new CalibrationFile([blocked]));
  lanes.calibrated(model, lanes.of(model), result);
  expect(lanes.of(model)).toBe(2);
  expect(lines.join("\n")).toContain("cannot store how many workers the model needs");
});

/** Tests which processes of a server measure their models, and which use a measured number of lanes. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transcriber } from "../../src/jobs/job.ts";
import { createLog } from "../../src/log.ts";
import { type Config, loadConfig } from "../../src/settings/config.ts";
import { CalibrationFile } from "../../src/supervisor/calibration-file.ts";
import { createRegistry, type RegistryOptions } from "../../src/supervisor/registry.ts";
import { ggmlHeader } from "../models/formats/whisper-files.ts";
import { FakeProcesses } from "./fake-processes.ts";
import { until } from "./scripted-model.ts";

let folder: string;
let processes: FakeProcesses;
let calibrations: CalibrationFile;
const registries: Transcriber[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-calibrated-"));
  const path = join(folder, "ggml-small.bin");
  writeFileSync(path, ggmlHeader(51_865));
  truncateSync(path, 300e6);
  calibrations = new CalibrationFile([join(folder, "cache")]);
  processes = new FakeProcesses();
});
afterEach(async () => {
  await Promise.all(registries.splice(0).map((registry) => registry.close()));
  processes[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function open(more: Partial<Config> = {}, options: RegistryOptions = { calibrations }) {
  const environment = { HF_HUB_CACHE: join(folder, "hub"), HF_HUB_OFFLINE: "1" };
  const config = { ...loadConfig({}, environment), modelDir: folder, ...more };
  const log = createLog({ logLevel: "error", logFormat: "text" }, () => {});
  const registry = createRegistry(config, log, options);
  registries.push(registry);
  return registry;
}

test("a measured number applies to the queue, to the next process, and to the next server", async () => {
  const registry = open();
  await registry.preload("small");
  const rates = [1, 2].map((lanes) => ({ lanes, audioSPerS: 10 }));
  processes.started[0]?.say({ type: "calibrated", lanes: 1, rates });
  await until(() => registry.lanes().get("small") === 1);
  await registry.unload("small", { force: true });
  await registry.load("small");
  await open().preload("small");
  await open({ lanes: 3 }).preload("small");
  await open({}, {}).preload("small");
  const loads = processes.loads();
  expect(loads.map(({ calibrate }) => calibrate)).toEqual([true, false, false, false, false]);
  expect(loads.slice(1, 4).map(({ lanes }) => lanes)).toEqual([1, 1, 3]);
});

test("nothing is measured after a process has died, because the measurement may be the cause", async () => {
  const registry = open();
  await registry.preload("small");
  processes.started[0]?.say({ type: "a message of no version" } as never);
  await until(() => registry.runners()[0]?.pid === null);
  await registry.preload("small");
  expect(processes.loads().map(({ calibrate }) => calibrate)).toEqual([true, false]);
});

/** Tests what `doctor` reports about stored calibrations. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probeCalibrations } from "../../src/cli/doctor/calibrations.ts";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { loadConfig } from "../../src/settings/config.ts";
import { CalibrationFile } from "../../src/supervisor/calibration-file.ts";
import { calibrationKeyOf } from "../../src/supervisor/calibration-key.ts";
import { starterModel } from "../supervisor/starter-model.ts";

test("the calibrations of this version on this machine are listed, and no others", () => {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-doctor-"));
  try {
    const config = { ...loadConfig({}, {}), cacheFolders: [folder] };
    expect(probeCalibrations(config)).toEqual({ facts: [], findings: [] });
    const file = new CalibrationFile(config.cacheFolders);
    const key = calibrationKeyOf(starterModel, fasterWhisper, config, 8);
    const rates = [
      { lanes: 8, audioSPerS: 20.06 },
      { lanes: 4, audioSPerS: 19.5 },
    ];
    const atMs = Date.UTC(2030, 0, 2, 3, 4, 5);
    const result = { lanes: 4, rates };
    file.add({ key: { ...key, cpu: "another CPU" }, result, atMs });
    file.add({ key: { ...key, cores: key.cores + 1 }, result, atMs });
    file.add({ key: { ...key, version: "0.0.1" }, result, atMs });
    file.add({ key, result, atMs });
    const { facts, findings } = probeCalibrations(config);
    expect(facts).toEqual([
      {
        model: "base",
        backend: "faster-whisper",
        compute_type: null,
        workers: 4,
        workers_max: 8,
        rates: [
          { workers: 8, audio_s_per_s: 20.1 },
          { workers: 4, audio_s_per_s: 19.5 },
        ],
        measured_at: "2030-01-02T03:04:05.000Z",
      },
    ]);
    expect(findings).toEqual([
      {
        check: "calibration",
        status: "ok",
        text: "base on faster-whisper uses 4 workers; seconds of audio per second: 20.1 with 8, 19.5 with 4 (2030-01-02)",
        remedy: null,
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Lists the stored calibrations of this machine: how many workers each model uses, and why. */
import type { Config } from "../../settings/config.ts";
import { CalibrationFile, type StoredCalibration } from "../../supervisor/calibration-file.ts";
import { isOfThisMachine } from "../../supervisor/calibration-key.ts";
import { ok, type Probed } from "./probe.ts";
import type { Facts } from "./report.ts";

export function probeCalibrations({ cacheFolders }: Config): Probed<Facts["calibrations"]> {
  const stored = new CalibrationFile(cacheFolders).read();
  const facts = stored.filter(({ key }) => isOfThisMachine(key)).map(factsOf);
  return { facts, findings: facts.map((one) => ok("calibration", textOf(one))) };
}

// --- internal ---

type Calibration = NonNullable<Facts["calibrations"]>[number];

function factsOf({ key, result, atMs }: StoredCalibration): Calibration {
  return {
    model: key.model,
    backend: key.backend,
    compute_type: key.computeType,
    workers: result.lanes,
    workers_max: key.lanesMax,
    rates: result.rates.map(({ lanes, audioSPerS }) => ({
      workers: lanes,
      audio_s_per_s: Math.round(audioSPerS * 10) / 10,
    })),
    measured_at: new Date(atMs).toISOString(),
  };
}

function textOf({ model, backend, workers, rates, measured_at: at }: Calibration): string {
  const measured = rates.map((one) => `${one.audio_s_per_s} with ${one.workers}`).join(", ");
  const used = workers === 1 ? "1 worker" : `${workers} workers`;
  return `${model} on ${backend} uses ${used}; seconds of audio per second: ${measured} (${at.slice(0, 10)})`;
}

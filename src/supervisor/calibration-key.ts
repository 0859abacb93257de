/** Describes this program, this machine and a model for the file of calibrations. */
import { version } from "../../package.json";
import type { ResolvedModel } from "../jobs/job.ts";
import type { Backend } from "../models/backends/backend.ts";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { runnableLevels } from "../platform/cpu-levels.ts";
import { cpuName } from "../platform/machine-names.ts";
import { physicalCores } from "../platform/physical-cores.ts";
import type { Config } from "../settings/config.ts";
import type { CalibrationKey } from "./calibration-file.ts";

/** Returns the key of a model that may have at most `lanesMax` lanes. */
export function calibrationKeyOf(
  model: ResolvedModel,
  backend: Backend,
  config: Pick<Config, "computeType" | "beamSize" | "threadsPerLane">,
  lanesMax: number,
): CalibrationKey {
  return {
    version,
    backend: backend.id,
    model: model.id,
    bytes: model.bytes,
    mtimeMs: model.mtimeMs,
    computeType: backend.supportsComputeType === true ? config.computeType : null,
    beamSize: config.beamSize,
    threadsPerLane: config.threadsPerLane,
    cpu: cpuName(),
    level: cpuLevel(),
    cores: physicalCores(),
    lanesMax,
  };
}

/** Returns whether a key belongs to this version of the program and to the CPU of this machine. */
export function isOfThisMachine(key: CalibrationKey): boolean {
  return key.version === version && key.cpu === cpuName() && key.cores === physicalCores();
}

// --- internal ---

/** Returns the highest level of this CPU. The level of development builds is left out, because it stands for any CPU. */
function cpuLevel(): string {
  return runnableLevels(cpuFeatures()).find((level) => level !== "native") ?? "baseline";
}

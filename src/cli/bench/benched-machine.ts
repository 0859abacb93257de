/** Collects facts about this machine and some settings. A reader needs them to compare the results of two machines. */
import { loadavg } from "node:os";
import { version } from "../../../package.json";
import { isAppleSilicon } from "../../models/backends/backend-names.ts";
import { cpuFeatures } from "../../platform/cpu-features.ts";
import { runnableLevels } from "../../platform/cpu-levels.ts";
import { cpuName, systemName } from "../../platform/machine-names.ts";
import { totalMemoryBytes } from "../../platform/memory.ts";
import { physicalCores } from "../../platform/physical-cores.ts";
import type { Config } from "../../settings/config.ts";
import { nvidiaHere } from "../../settings/machine.ts";

export interface BenchedMachine {
  readonly version: string;
  /** Day of the measurement, for example 2026-11-29. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /** Released executables exist for several CPU levels. This is the highest level that this CPU can run. */
  readonly cpuLevel: string;
  readonly gpus: readonly string[];
  readonly memoryBytes: number;
  readonly system: string;
  /** Load average of the machine over the minute before the measurement, in processes. Always 0 on Windows. */
  readonly load: number;
  /** Time for the measurements of each model, in seconds. */
  readonly seconds: number;
  readonly beamSize: number;
  readonly isVadOn: boolean;
}

export function benchedMachine(seconds: number, { beamSize, vad }: Config): BenchedMachine {
  const level = runnableLevels(cpuFeatures()).find((name) => name !== "native");
  return {
    version,
    date: new Date().toISOString().slice(0, 10),
    cpu: cpuName(),
    cores: physicalCores(),
    cpuLevel: level ?? "baseline",
    gpus: gpuNames(),
    memoryBytes: totalMemoryBytes(),
    system: systemName(),
    load: loadavg()[0] ?? 0,
    seconds,
    beamSize,
    isVadOn: vad,
  };
}

// --- internal ---

/**
 * Returns the names of the GPUs that an engine may use. On Apple silicon, returns the name of the chip, because the
 * chip contains the GPU.
 */
function gpuNames(): readonly string[] {
  return isAppleSilicon(process) ? [cpuName()] : nvidiaHere().gpus;
}

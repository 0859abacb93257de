/** Collects the facts about this machine that determine which backends can run. */
import type { Machine } from "../models/backends/availability.ts";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { linkerPaths } from "../platform/system-libraries.ts";
import { runnerEnvironment } from "./config.ts";

export function thisMachine(): Machine {
  const searchPath = runnerEnvironment({})["LD_LIBRARY_PATH"] ?? "";
  return {
    platform: process.platform,
    cpuFeatures: cpuFeatures(),
    linker: linkerPaths(searchPath),
  };
}

/** Collects facts about this machine. These facts determine which backends can run, and on which devices. */
import { type Machine, unavailableReason } from "../models/backends/availability.ts";
import type { Backend } from "../models/backends/backend.ts";
import type { DeviceMachine } from "../models/backends/device.ts";
import { cpuFeatures } from "../platform/cpu-features.ts";
import {
  type NvidiaFacts,
  nvidiaFacts,
  type NvidiaPaths,
  nvidiaPaths,
} from "../platform/nvidia.ts";
import { linkerPaths } from "../platform/system-libraries.ts";
import { type VulkanProblem, vulkanPaths, vulkanProblem } from "../platform/vulkan.ts";

export function thisMachine(): Machine {
  return {
    platform: process.platform,
    cpuFeatures: cpuFeatures(),
    linker: linkerPaths(librarySearchPath()),
  };
}

/** Returns the reason why the backend cannot run on this machine. Null when the backend can run. */
export function unavailableHere(backend: Backend): string | null {
  return unavailableReason(backend, thisMachine());
}

/**
 * Returns the facts that determine whether a backend can use a GPU. Always returns the same facts while this process
 * runs, so that all parts of the process choose the same device.
 */
export function deviceMachine(): DeviceMachine {
  const { platform, arch } = process;
  return {
    platform,
    arch,
    cudaProblem: textOf(nvidiaHere().problem),
    vulkanProblem: textOf(vulkanProblemHere()),
  };
}

/** Returns the facts about the NVIDIA GPU of this machine. Reads them only at the first call. */
export function nvidiaHere(): NvidiaFacts {
  return (nvidia ??= nvidiaFacts(nvidiaPathsHere()));
}

/** Returns the reason why no GPU can be used with Vulkan. Null when one can be used. Looks only at the first call. */
export function vulkanProblemHere(): VulkanProblem | null {
  if (vulkan === undefined) {
    const paths = vulkanPaths(linkerPaths(librarySearchPath()), process.env);
    vulkan = vulkanProblem(process.platform, paths);
  }
  return vulkan;
}

export function nvidiaPathsHere(): NvidiaPaths {
  return nvidiaPaths(linkerPaths(librarySearchPath()));
}

// --- internal ---

let nvidia: NvidiaFacts | null = null;
let vulkan: VulkanProblem | null | undefined;

function textOf(
  problem: { readonly reason: string; readonly remedy: string | null } | null,
): string | null {
  return problem && [problem.reason, problem.remedy].filter(Boolean).join("; ");
}

function librarySearchPath(): string {
  return process.env["LD_LIBRARY_PATH"] ?? "";
}

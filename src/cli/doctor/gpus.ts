/** Checks the GPUs of this machine. For a GPU that no backend uses, explains why, and what the operator can do. */
import { devicesOf, gpuProblem } from "../../models/backends/device.ts";
import { listBackends } from "../../models/backends/index.ts";
import { cpuName } from "../../platform/machine-names.ts";
import { pciGpuVendors } from "../../platform/pci-gpus.ts";
import type { Config } from "../../settings/config.ts";
import { deviceMachine, nvidiaHere, nvidiaPathsHere } from "../../settings/machine.ts";
import { note, ok, type Probed } from "./probe.ts";
import { programOutput } from "./program-output.ts";
import type { Facts, Finding } from "./report.ts";

export async function probeGpus(config: Config): Promise<Probed<Facts["gpus"]>> {
  const found = [...appleGpus(config), ...(await nvidiaGpus(config)), ...otherGpus()];
  if (found.length === 0)
    return { facts: [], findings: [ok("gpu", "none; models run on the CPU")] };
  return { facts: found.map(factsOf), findings: found.map(findingOf) };
}

// --- internal ---

interface FoundGpu {
  readonly name: string;
  readonly usedBy: readonly string[];
  readonly unusedBecause: string | null;
  readonly remedy: string | null;
}

function factsOf({ name, usedBy, unusedBecause }: FoundGpu) {
  return { name, used_by: [...usedBy], unused_because: unusedBecause };
}

function findingOf({ name, usedBy, unusedBecause, remedy }: FoundGpu): Finding {
  if (unusedBecause === null) return ok("gpu", `${name}, used by ${usedBy.join(", ")}`);
  return note("gpu", `${name} is present but not used: ${unusedBecause}`, remedy);
}

function gpuOf(name: string, device: "metal" | "cuda", config: Config): FoundGpu {
  const machine = deviceMachine();
  const able = listBackends(config).filter((one) => devicesOf(one, machine).includes(device));
  if (able.length > 0 && config.device === "cpu") {
    return {
      name,
      usedBy: [],
      unusedBecause: "OPEN_ASR_DEVICE is cpu",
      remedy: "unset OPEN_ASR_DEVICE, or set it to gpu",
    };
  }
  if (able.length > 0) {
    return { name, usedBy: able.map(({ id }) => id), unusedBecause: null, remedy: null };
  }
  return { name, usedBy: [], ...reasonAgainst(device, config) };
}

function reasonAgainst(device: "metal" | "cuda", config: Config) {
  const machine = deviceMachine();
  const isLinux = machine.platform === "linux" && machine.arch === "x64";
  const { problem } = nvidiaHere();
  if (device === "cuda" && isLinux && problem !== null) {
    return { unusedBecause: problem.reason, remedy: problem.remedy };
  }
  const backend = listBackends(config).find(({ devices }) => devices.includes(device));
  const reason = backend === undefined ? null : gpuProblem(backend, machine);
  return { unusedBecause: reason ?? "no backend supports it", remedy: null };
}

function appleGpus(config: Config): FoundGpu[] {
  if (process.platform !== "darwin" || process.arch !== "arm64") return [];
  return [gpuOf(`GPU of ${cpuName()}`, "metal", config)];
}

/**
 * Returns the NVIDIA GPUs. If the program nvidia-smi works, uses the names and memory sizes that it prints. Otherwise,
 * uses the names that the driver reports, which are not available on Windows.
 */
async function nvidiaGpus(config: Config): Promise<FoundGpu[]> {
  const { gpus, driverVersion } = nvidiaHere();
  if (gpus.length === 0 && process.platform === "linux") return [];
  const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
  const text = await programOutput(["nvidia-smi", ...query]);
  const lines = (text ?? "").split("\n").filter((line) => line.includes(","));
  if (lines.length > 0) return lines.map((line) => gpuOf(nameOf(line), "cuda", config));
  const driver = driverVersion === null ? "" : ` (driver ${driverVersion})`;
  return gpus.map((name) => gpuOf(`${name}${driver}`, "cuda", config));
}

/** Converts an output line of nvidia-smi to a text such as "NVIDIA L4 (23034 MiB, driver 535.183.01)". */
function nameOf(line: string): string {
  const [name = "", memory = "", driver = ""] = line.split(",").map((part) => part.trim());
  return `${name} (${memory}, driver ${driver})`;
}

function otherGpus(): FoundGpu[] {
  return pciGpuVendors(nvidiaPathsHere().pci)
    .filter((vendor) => vendor !== "NVIDIA")
    .map((vendor) => ({
      name: `${vendor} GPU`,
      usedBy: [],
      unusedBecause: "no backend supports GPUs of this vendor",
      remedy: null,
    }));
}

/** Checks the GPUs of this machine. For a GPU that no backend uses, explains why, and what the operator can do. */
import { devicesOf, gpuProblem } from "../../models/backends/device.ts";
import type { Backend } from "../../models/backends/backend.ts";
import { isAppleSilicon } from "../../models/backends/backend-names.ts";
import { listBackends } from "../../models/backends/index.ts";
import { cpuName } from "../../platform/machine-names.ts";
import { pciGpuVendors } from "../../platform/pci-gpus.ts";
import type { Config } from "../../settings/config.ts";
import {
  deviceMachine,
  nvidiaHere,
  nvidiaPathsHere,
  vulkanProblemHere,
} from "../../settings/machine.ts";
import { note, ok, type Probed } from "./probe.ts";
import { programOutput } from "./program-output.ts";
import type { Facts, Finding } from "./report.ts";

export async function probeGpus(config: Config): Promise<Probed<Facts["gpus"]>> {
  const found = [...appleGpus(config), ...(await nvidiaGpus(config)), ...otherGpus(config)];
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
  const users = usedBy.join(", ");
  if (unusedBecause === null) return ok("gpu", `${name}, used by ${users}`);
  if (usedBy.length === 0) {
    return note("gpu", `${name} is present but not used: ${unusedBecause}`, remedy);
  }
  return note("gpu", `${name}, used by ${users} only: ${unusedBecause}`, remedy);
}

/** Describes a GPU that programs can use in each of these ways. */
function gpuOf(name: string, ways: readonly Way[], config: Config): FoundGpu {
  const machine = deviceMachine();
  const backends = listBackends(config);
  const able = backends.filter((one) => ways.some((way) => devicesOf(one, machine).includes(way)));
  if (able.length > 0 && config.device === "cpu") {
    return {
      name,
      usedBy: [],
      unusedBecause: "OPEN_ASR_DEVICE is cpu",
      remedy: "unset OPEN_ASR_DEVICE, or set it to gpu",
    };
  }
  const problems = ways
    .filter((way) => backends.some(({ devices }) => devices.includes(way)))
    .flatMap((way) => problemOf(way, backends) ?? []);
  const none = { reason: "no backend supports GPUs of this kind", remedy: null };
  const problem = problems[0] ?? (able.length === 0 ? none : null);
  return {
    name,
    usedBy: able.map(({ id }) => id),
    unusedBecause: problem?.reason ?? null,
    remedy: problem?.remedy ?? null,
  };
}

/** A way in which programs use a GPU. */
type Way = "metal" | "cuda" | "vulkan";

interface Problem {
  readonly reason: string;
  readonly remedy: string | null;
}

/** Returns the reason why the backends cannot use GPUs in this way. Null when they can. */
function problemOf(way: Way, backends: readonly Backend[]): Problem | null {
  const machine = deviceMachine();
  if (way === "cuda" && machine.platform === "linux" && machine.arch === "x64") {
    return nvidiaHere().problem;
  }
  if (way === "vulkan" && machine.platform !== "darwin") return vulkanProblemHere();
  const backend = backends.find(({ devices }) => devices.includes(way));
  const reason = backend === undefined ? null : gpuProblem(backend, machine);
  return reason === null ? null : { reason, remedy: null };
}

function appleGpus(config: Config): FoundGpu[] {
  if (!isAppleSilicon(process)) return [];
  return [gpuOf(`GPU of ${cpuName()}`, ["metal"], config)];
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
  if (lines.length > 0) return lines.map((line) => gpuOf(nameOf(line), ["cuda", "vulkan"], config));
  const driver = driverVersion === null ? "" : ` (driver ${driverVersion})`;
  return gpus.map((name) => gpuOf(`${name}${driver}`, ["cuda", "vulkan"], config));
}

/** Converts an output line of nvidia-smi to a text such as "NVIDIA L4 (23034 MiB, driver 535.183.01)". */
function nameOf(line: string): string {
  const [name = "", memory = "", driver = ""] = line.split(",").map((part) => part.trim());
  return `${name} (${memory}, driver ${driver})`;
}

function otherGpus(config: Config): FoundGpu[] {
  return pciGpuVendors(nvidiaPathsHere().pci)
    .filter((vendor) => vendor !== "NVIDIA")
    .map((vendor) => gpuOf(`${vendor} GPU`, ["vulkan"], config));
}

/** Determines the devices that a backend can use on this machine, and chooses between CPU and GPU. */
import type { Backend, VulkanLibrary } from "./backend.ts";
import { isAppleSilicon } from "./backend-names.ts";

export const deviceChoices = ["auto", "cpu", "gpu"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

export interface DeviceMachine {
  readonly platform: string;
  readonly arch: string;
  /** Reason why programs cannot use an NVIDIA GPU on this machine. Null when an NVIDIA GPU can be used. */
  readonly cudaProblem: string | null;
  /** Reason why programs cannot use a GPU with Vulkan on this machine. Null when a GPU can be used. */
  readonly vulkanProblem: string | null;
}

/**
 * Returns the devices that the backend can use on this machine. Metal is used only on Apple silicon. CUDA is used only
 * on Linux with an x64 CPU. On all other platforms, CTranslate2 was built without CUDA or was not tested with CUDA.
 * Vulkan is used only on Linux and Windows.
 */
export function devicesOf({ devices }: Pick<Backend, "devices">, machine: DeviceMachine) {
  return devices.filter((device) => device === "cpu" || problemOf(device, machine) === null);
}

export function usesGpu(
  backend: Pick<Backend, "devices">,
  choice: DeviceChoice,
  machine: DeviceMachine,
): boolean {
  return choice !== "cpu" && devicesOf(backend, machine).some((device) => device !== "cpu");
}

/**
 * Returns the library that runs the engine in place of the backend's `library`. Null: `library` runs the engine, on the CPU
 * or on a GPU.
 */
export function libraryForGpu(
  backend: Pick<Backend, "devices" | "vulkanLibrary">,
  choice: DeviceChoice,
  machine: DeviceMachine,
): VulkanLibrary | null {
  return usesGpu(backend, choice, machine) ? (backend.vulkanLibrary ?? null) : null;
}

/** Returns the reason why the backend cannot use a GPU on this machine. Null when the backend can use a GPU. */
export function gpuProblem(
  { devices }: Pick<Backend, "devices">,
  machine: DeviceMachine,
): string | null {
  const problems = devices
    .filter((device) => device !== "cpu")
    .map((device) => problemOf(device, machine));
  if (problems.length === 0) return "it has no code for GPUs";
  return problems.includes(null) ? null : problems.join("; ");
}

// --- internal ---

function problemOf(device: "metal" | "cuda" | "vulkan", machine: DeviceMachine): string | null {
  const { platform, arch, cudaProblem, vulkanProblem } = machine;
  if (device === "metal") {
    return isAppleSilicon(machine) ? null : "it uses GPUs only on Apple silicon";
  }
  if (device === "vulkan") {
    return platform === "darwin" ? "it uses Vulkan only on Linux and Windows" : vulkanProblem;
  }
  if (platform !== "linux" || arch !== "x64") return "it uses GPUs only on Linux with an x64 CPU";
  return cudaProblem;
}

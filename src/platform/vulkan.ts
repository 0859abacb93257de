/**
 * Checks whether programs can use a GPU of this machine through Vulkan: whether there are a GPU, its device file, Vulkan's
 * library and a driver. Opens no library and starts no program.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { pciGpuVendors } from "./pci-gpus.ts";
import { hasLibrary, type LinkerPaths } from "./system-libraries.ts";

export interface VulkanPaths {
  /** Folder in which the kernel lists the PCI devices. */
  readonly pci: string;
  /** Folder that contains the device files, usually /dev. */
  readonly devices: string;
  readonly linker: LinkerPaths;
  /** Files and folders that can be or contain manifests, which name the drivers for Vulkan. */
  readonly manifests: readonly string[];
  /** Library of Vulkan on Windows. */
  readonly windowsLibrary: string;
  /**
   * Whether the operator has chosen the device by its number, so that it can be any device, also one that computes on
   * the CPU.
   */
  readonly isChosen: boolean;
}

export interface VulkanProblem {
  readonly reason: string;
  /** What the operator can do to solve the problem. Null when nothing helps. */
  readonly remedy: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the paths of this machine, with the variables that Vulkan's library and ggml read. */
export function vulkanPaths(linker: LinkerPaths, environment: Environment): VulkanPaths {
  const chosen = environment["VK_DRIVER_FILES"] ?? environment["VK_ICD_FILENAMES"];
  const root = environment["SystemRoot"] ?? "C:\\Windows";
  return {
    pci: "/sys/bus/pci/devices",
    devices: "/dev",
    linker,
    manifests: chosen === undefined ? manifestFolders : chosen.split(":"),
    windowsLibrary: `${root}\\System32\\vulkan-1.dll`,
    isChosen: environment["GGML_VK_VISIBLE_DEVICES"] !== undefined,
  };
}

/** Returns the reason why no GPU can be used with Vulkan. Null when one can be used. */
export function vulkanProblem(platform: string, paths: VulkanPaths): VulkanProblem | null {
  if (platform === "win32") {
    if (existsSync(paths.windowsLibrary)) return null;
    return { reason: "Vulkan is not installed", remedy: "install the driver of the GPU" };
  }
  if (!paths.isChosen && pciGpuVendors(paths.pci).length === 0) {
    return { reason: "there is no GPU from AMD, Intel or NVIDIA", remedy: null };
  }
  if (!paths.isChosen && !hasDeviceFile(paths.devices)) {
    return {
      reason: `${join(paths.devices, "dri")} has no file of a GPU`,
      remedy: "give the container access to the GPU (docker run --device /dev/dri)",
    };
  }
  if (!hasLibrary("libvulkan.so.1", paths.linker)) {
    return {
      reason: "libvulkan.so.1 is not installed",
      remedy: "install the package libvulkan1 or vulkan-loader",
    };
  }
  if (!paths.isChosen && !manifestsIn(paths.manifests).some(isOfGpu)) {
    return {
      reason: "there is no driver for Vulkan",
      remedy: "install the package mesa-vulkan-drivers, or NVIDIA's driver",
    };
  }
  return null;
}

// --- internal ---

/** Folders in which Vulkan's library looks for manifests. */
const manifestFolders = [
  "/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
] as const;

/** Each GPU has a file such as dri/renderD128. NVIDIA's driver can also work without it. */
function hasDeviceFile(devices: string): boolean {
  const names = listIfPossible(join(devices, "dri"));
  return names.some((name) => name.startsWith("renderD")) || existsSync(join(devices, "nvidiactl"));
}

function manifestsIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path.endsWith(".json")) return existsSync(path) ? [path] : [];
    return listIfPossible(path).filter((name) => name.endsWith(".json"));
  });
}

/** Returns whether the driver is for a GPU. Mesa's driver lavapipe (`lvp_icd`) computes on the CPU. */
function isOfGpu(manifest: string): boolean {
  return !basename(manifest).startsWith("lvp_");
}

function listIfPossible(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

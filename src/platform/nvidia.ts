/**
 * Finds the NVIDIA GPU of this machine. Checks whether everything that CTranslate2 needs to use the GPU is installed:
 * the driver, its device files, and cuBLAS. Opens no library and starts no program.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pciGpuVendors } from "./pci-gpus.ts";
import { folderOf, hasLibrary, type LinkerPaths } from "./system-libraries.ts";

export interface NvidiaPaths {
  /** Folder in which the driver publishes facts about itself and its GPUs. */
  readonly driver: string;
  /** Folder that contains the device files, usually /dev. */
  readonly devices: string;
  /** Folder in which the kernel lists the PCI devices. */
  readonly pci: string;
  readonly linker: LinkerPaths;
  /**
   * Folders into which installers put the libraries of CUDA. By default, the linker does not search some of these
   * folders.
   */
  readonly cudaFolders: readonly string[];
}

export interface NvidiaFacts {
  /** Names of the NVIDIA GPUs. Empty when this machine has no NVIDIA GPU. */
  readonly gpus: readonly string[];
  /** Version of the kernel driver. Null when the kernel driver is not loaded. */
  readonly driverVersion: string | null;
  /** Reason why CTranslate2 cannot use a GPU. Null when CTranslate2 can use the GPU. */
  readonly problem: NvidiaProblem | null;
}

interface NvidiaProblem {
  readonly reason: string;
  /** What the operator can do to solve the problem. Null when nothing helps. */
  readonly remedy: string | null;
}

export function nvidiaPaths(linker: LinkerPaths): NvidiaPaths {
  return {
    driver: "/proc/driver/nvidia",
    devices: "/dev",
    pci: "/sys/bus/pci/devices",
    linker,
    cudaFolders: [
      "/usr/local/cuda/lib64",
      "/usr/local/cuda-12/lib64",
      "/opt/cuda/lib64",
      "/usr/lib/wsl/lib",
    ],
  };
}

export function nvidiaFacts(paths: NvidiaPaths): NvidiaFacts {
  const driverVersion = readDriverVersion(paths.driver);
  const isInWindows = existsSync(join(paths.devices, "dxg"));
  const named = gpuNames(paths.driver);
  const hasGpu =
    driverVersion !== null || pciGpuVendors(paths.pci).includes("NVIDIA") || hasWslDriver(paths);
  const gpus = named.length > 0 || !hasGpu ? named : ["NVIDIA GPU"];
  const problem =
    gpus.length === 0
      ? { reason: "there is no NVIDIA GPU", remedy: null }
      : problemOf(paths, driverVersion, isInWindows);
  return { gpus, driverVersion, problem };
}

// --- internal ---

/** Minimum major version of a driver that can run programs for CUDA 12. */
const driverMajorMin = 525;

/** Library of the driver. CTranslate2 opens this library to look for a GPU. */
const driverLibrary = "libcuda.so.1";

/** Libraries of cuBLAS. libcublas depends on libcublasLt. */
const cublasLibraries = ["libcublas.so.12", "libcublasLt.so.12"] as const;

function problemOf(
  paths: NvidiaPaths,
  driverVersion: string | null,
  isInWindows: boolean,
): NvidiaProblem | null {
  if (!isInWindows) {
    if (driverVersion === null) {
      return {
        reason: "its driver is not loaded",
        remedy: `install NVIDIA's driver, version ${driverMajorMin} or newer`,
      };
    }
    if (Number.parseInt(driverVersion, 10) < driverMajorMin) {
      return {
        reason: `its driver is version ${driverVersion}, expected ${driverMajorMin} or newer`,
        remedy: "update NVIDIA's driver",
      };
    }
    const control = join(paths.devices, "nvidiactl");
    if (!existsSync(control)) {
      return {
        reason: `${control} does not exist`,
        remedy: "give the container access to the GPU (docker run --gpus all)",
      };
    }
  }
  return missingLibrary(paths);
}

function missingLibrary({ linker, cudaFolders }: NvidiaPaths): NvidiaProblem | null {
  const missing = [driverLibrary, ...cublasLibraries].find((name) => !hasLibrary(name, linker));
  if (missing === undefined) return null;
  const elsewhere = folderOf(missing, cudaFolders);
  if (elsewhere !== null) {
    return {
      reason: `${missing} is in ${elsewhere}, which the linker does not search`,
      remedy: `set LD_LIBRARY_PATH=${elsewhere}`,
    };
  }
  const remedy = missing === driverLibrary ? installDriver : installCublas;
  return { reason: `${missing} is not installed`, remedy };
}

const installDriver =
  "install the libraries of NVIDIA's driver, or give the container access to the GPU (docker run --gpus all)";
const installCublas =
  "install cuBLAS of CUDA 12: NVIDIA's package libcublas-12-8, or nvidia-cublas-cu12 of pip with its folder in LD_LIBRARY_PATH";

/**
 * Returns the version of the kernel driver. Reads it from a line such as "NVRM version: NVIDIA UNIX x86_64 Kernel
 * Module  535.183.01  ...".
 */
function readDriverVersion(driver: string): string | null {
  const text = readIfPossible(join(driver, "version"));
  return /\b(\d{3,}\.\d+(?:\.\d+)?)\b/u.exec(text)?.[1] ?? null;
}

/**
 * Returns the names of the GPUs. Reads them from a line such as "Model: NVIDIA L4" in the driver's description of each
 * GPU.
 */
function gpuNames(driver: string): string[] {
  const folder = join(driver, "gpus");
  return listIfPossible(folder).flatMap((name) => {
    const text = readIfPossible(join(folder, name, "information"));
    const model = /^Model:\s*(.+)$/mu.exec(text)?.[1]?.trim();
    return model === undefined ? [] : [model];
  });
}

/**
 * Returns whether this system is a Linux inside Windows (WSL) that can use an NVIDIA GPU through the driver of Windows.
 */
function hasWslDriver({ devices, cudaFolders, linker }: NvidiaPaths): boolean {
  if (!existsSync(join(devices, "dxg"))) return false;
  return folderOf(driverLibrary, cudaFolders) !== null || hasLibrary(driverLibrary, linker);
}

function readIfPossible(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listIfPossible(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Finds the NVIDIA GPU of this machine, and whether everything that CTranslate2 needs to use it is installed: the
 * driver, its device files, and cuBLAS. Opens no library and starts no program.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folderOf, hasLibrary, type LinkerPaths } from "./system-libraries.ts";

export interface NvidiaPaths {
  /** Folder in which the driver describes itself and its GPUs. */
  readonly driver: string;
  /** Folder of the device files. */
  readonly devices: string;
  /** Folder in which the kernel lists the PCI devices. */
  readonly pci: string;
  readonly linker: LinkerPaths;
  /** Folders in which installers put CUDA, and which the linker may not search. */
  readonly cudaFolders: readonly string[];
}

export interface NvidiaFacts {
  /** Names of the GPUs. Empty when this machine has no NVIDIA GPU. */
  readonly gpus: readonly string[];
  /** Version of the driver of the kernel. Null when the driver is not loaded. */
  readonly driverVersion: string | null;
  /** Reason why CTranslate2 cannot use the GPU, and what to do. Null when everything is installed. */
  readonly problem: string | null;
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
  const hasGpu = driverVersion !== null || hasNvidiaCard(paths.pci) || hasWslDriver(paths);
  const gpus = named.length > 0 || !hasGpu ? named : ["NVIDIA GPU"];
  const problem =
    gpus.length === 0 ? "there is no NVIDIA GPU" : problemOf(paths, driverVersion, isInWindows);
  return { gpus, driverVersion, problem };
}

// --- internal ---

/** Major version of the first driver that runs programs for CUDA 12. */
const driverMajorMin = 525;

/** Library of the driver. CTranslate2 opens it when it looks for a GPU. */
const driverLibrary = "libcuda.so.1";

/** Libraries of cuBLAS. The first one needs the second one. */
const cublasLibraries = ["libcublas.so.12", "libcublasLt.so.12"] as const;

function problemOf(
  paths: NvidiaPaths,
  driverVersion: string | null,
  isInWindows: boolean,
): string | null {
  if (!isInWindows) {
    if (driverVersion === null) {
      return "the driver of the GPU is not loaded; install NVIDIA's driver, version 525 or newer";
    }
    if (Number.parseInt(driverVersion, 10) < driverMajorMin) {
      return `its driver is version ${driverVersion}, expected ${driverMajorMin} or newer; update NVIDIA's driver`;
    }
    if (!existsSync(join(paths.devices, "nvidiactl"))) {
      return `${join(paths.devices, "nvidiactl")} does not exist; give the container access to the GPU (docker run --gpus all)`;
    }
  }
  return missingLibrary(paths);
}

function missingLibrary({ linker, cudaFolders }: NvidiaPaths): string | null {
  const missing = [driverLibrary, ...cublasLibraries].find((name) => !hasLibrary(name, linker));
  if (missing === undefined) return null;
  const elsewhere = folderOf(missing, cudaFolders);
  if (elsewhere !== null) {
    return `${missing} is in ${elsewhere}, which the linker does not search; set LD_LIBRARY_PATH=${elsewhere}`;
  }
  if (missing === driverLibrary) {
    return (
      `${missing} is not installed; install the libraries of NVIDIA's driver, or give the container access ` +
      "to the GPU (docker run --gpus all)"
    );
  }
  return (
    `${missing} is not installed; install cuBLAS of CUDA 12 (the package libcublas-12-8 of NVIDIA, or ` +
    "nvidia-cublas-cu12 of pip with its folder in LD_LIBRARY_PATH)"
  );
}

/** Returns the version in a line such as "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  ...". */
function readDriverVersion(driver: string): string | null {
  const text = readIfPossible(join(driver, "version"));
  return /\b(\d{3,}\.\d+(?:\.\d+)?)\b/u.exec(text)?.[1] ?? null;
}

/** Returns the names in the lines "Model: NVIDIA L4" of the driver's description of each GPU. */
function gpuNames(driver: string): string[] {
  const folder = join(driver, "gpus");
  return listIfPossible(folder).flatMap((name) => {
    const text = readIfPossible(join(folder, name, "information"));
    const model = /^Model:\s*(.+)$/mu.exec(text)?.[1]?.trim();
    return model === undefined ? [] : [model];
  });
}

/** Returns whether a PCI device of NVIDIA (vendor 0x10de) is a display controller (class 0x03). */
function hasNvidiaCard(pci: string): boolean {
  return listIfPossible(pci).some((name) => {
    if (!readIfPossible(join(pci, name, "class")).startsWith("0x03")) return false;
    return readIfPossible(join(pci, name, "vendor")).trim() === "0x10de";
  });
}

/** Returns whether this is a Linux inside Windows (WSL) to which Windows gives an NVIDIA GPU. */
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

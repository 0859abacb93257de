// Describes the target platforms of the executable.

import { type CpuLevel, cpuLevels } from "../src/platform/cpu-levels.ts";
import { BuildError } from "./packages.mjs";

export type EngineName = "ctranslate2" | "whisper-cpp" | "transcribe-cpp" | "mlx";

/** CMake flags for each CPU level. */
export type LevelFlags = Readonly<Partial<Record<CpuLevel, readonly string[]>>>;

export interface Target {
  readonly name: string;
  readonly os: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  /** Platform name of the Bun build that a released executable contains, as in vendor/pins.json. */
  readonly bunPlatform: "linux-x64-baseline" | "linux-arm64" | "darwin-arm64" | "windows-x64";
  readonly executable: string;
  /** Returns the file name of the shared library that exports `asr_<name>`. */
  readonly library: (name: string) => string;
  /**
   * The executable embeds the starter model in the format of this backend, which is the fastest backend of the
   * platform. On Linux with AVX2 or AVX-512, measurements show that this is CTranslate2. On a Mac, whisper.cpp can use
   * the GPU.
   */
  readonly starterBackend: "faster-whisper" | "whisper-cpp";
  /** Engine libraries of the executable. */
  readonly engines: readonly EngineName[];
  /**
   * Name of the platform for Zig, which compiles for other platforms (vendor/zig.ts). On Linux, the name ends with the
   * oldest version of glibc that can open the libraries; on macOS, with the oldest version of the system.
   */
  readonly zig: string;
  /** Name of the platform for Rust, when another platform builds the audio library. */
  readonly rust: string;
  /** Values of CMAKE_SYSTEM_NAME and CMAKE_SYSTEM_PROCESSOR. */
  readonly cmake: { readonly system: string; readonly processor: string };
  /** CMake flags for each CPU level of a release. */
  readonly cpuLevels: LevelFlags & { readonly baseline: readonly string[] };
}

/**
 * Maps each of ggml's CMake flags to the CPU feature that it needs. SSE42 is mapped to `avx`, because every CPU with
 * AVX also has SSE 4.2.
 */
const x64Switches = {
  SSE42: "avx",
  AVX: "avx",
  AVX2: "avx2",
  FMA: "fma",
  F16C: "f16c",
  BMI2: "bmi2",
  AVX512: "avx512f",
  AVX512_VBMI: "avx512vbmi",
  AVX512_VNNI: "avx512_vnni",
  AVX512_BF16: "avx512_bf16",
} as const;

export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    engines: ["ctranslate2", "whisper-cpp", "transcribe-cpp"],
    zig: "x86_64-linux-gnu.2.31",
    rust: "x86_64-unknown-linux-gnu",
    cmake: { system: "Linux", processor: "x86_64" },
    starterBackend: "faster-whisper",
    os: "linux",
    arch: "x64",
    bunPlatform: "linux-x64-baseline",
    ...unixFiles("so"),
    cpuLevels: {
      avx512: x64Flags(cpuLevels.avx512),
      avx2: x64Flags(cpuLevels.avx2),
      baseline: x64Flags(cpuLevels.baseline),
    },
  },
  {
    name: "linux-arm64",
    engines: ["ctranslate2", "whisper-cpp", "transcribe-cpp"],
    zig: "aarch64-linux-gnu.2.31",
    rust: "aarch64-unknown-linux-gnu",
    cmake: { system: "Linux", processor: "aarch64" },
    starterBackend: "whisper-cpp",
    os: "linux",
    arch: "arm64",
    bunPlatform: "linux-arm64",
    ...unixFiles("so"),
    cpuLevels: {
      dotprod: armFlags("armv8.2-a+dotprod+fp16"),
      baseline: armFlags("armv8-a"),
    },
  },
  {
    name: "darwin-arm64",
    engines: ["ctranslate2", "whisper-cpp", "transcribe-cpp", "mlx"],
    zig: "aarch64-macos.13.0",
    rust: "aarch64-apple-darwin",
    cmake: { system: "Darwin", processor: "arm64" },
    starterBackend: "whisper-cpp",
    os: "darwin",
    arch: "arm64",
    bunPlatform: "darwin-arm64",
    ...unixFiles("dylib"),
    cpuLevels: { baseline: armFlags("armv8.4-a+dotprod+fp16") },
  },
  {
    name: "windows-x64",
    engines: ["ctranslate2", "whisper-cpp", "transcribe-cpp"],
    zig: "x86_64-windows-gnu",
    rust: "x86_64-pc-windows-gnu",
    cmake: { system: "Windows", processor: "AMD64" },
    starterBackend: "whisper-cpp",
    os: "win32",
    arch: "x64",
    bunPlatform: "windows-x64",
    executable: "open-asr-server.exe",
    library: (name) => `asr_${name}.dll`,
    // The Bun build of this target needs AVX2, so the baseline can use AVX2, too.
    cpuLevels: { baseline: x64Flags(cpuLevels.avx2) },
  },
];

/** Returns the target with this name. Without a name, returns the target of this machine. */
export function findTarget(name?: string): Target {
  const target = targets.find((candidate) =>
    name ? candidate.name === name : isThisMachine(candidate),
  );
  if (target) return target;
  const asked = name ?? `${process.platform}-${process.arch}`;
  const known = targets.map((candidate) => candidate.name).join(", ");
  throw new BuildError(`Cannot build for "${asked}": expected one of ${known}`);
}

/** Returns whether the target is the platform of this machine. */
export function isThisMachine({ os, arch }: Target): boolean {
  return os === process.platform && arch === process.arch;
}

/**
 * Returns the oldest version of glibc with which a release for a Linux platform runs, or the oldest version of macOS.
 * Empty for Windows.
 */
export function oldestSystem({ zig }: Target): string {
  return /\.([\d.]+)$/.exec(zig)?.[1] ?? "";
}

// --- internal ---

function unixFiles(extension: string) {
  return {
    executable: "open-asr-server",
    library: (name: string) => `libasr_${name}.${extension}`,
  };
}

function x64Flags(features: readonly string[]): string[] {
  const switches = Object.entries(x64Switches).map(
    ([name, feature]) => `-DGGML_${name}=${features.includes(feature) ? "ON" : "OFF"}`,
  );
  return ["-DGGML_NATIVE=OFF", ...switches];
}

function armFlags(architecture: string): string[] {
  return ["-DGGML_NATIVE=OFF", `-DGGML_CPU_ARM_ARCH=${architecture}`];
}

// Describes the target platforms of the executable.

import { type CpuLevel, cpuLevels } from "../src/platform/cpu-levels.ts";
import { BuildError } from "./packages.mjs";

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
  /** CMake flags for each CPU level of a release. */
  readonly cpuLevels: Readonly<Partial<Record<CpuLevel, readonly string[]>>>;
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
    starterBackend: "whisper-cpp",
    os: "darwin",
    arch: "arm64",
    bunPlatform: "darwin-arm64",
    ...unixFiles("dylib"),
    cpuLevels: { baseline: armFlags("armv8.4-a+dotprod+fp16") },
  },
  {
    name: "windows-x64",
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
    name
      ? candidate.name === name
      : candidate.os === process.platform && candidate.arch === process.arch,
  );
  if (target) return target;
  const asked = name ?? `${process.platform}-${process.arch}`;
  const known = targets.map((candidate) => candidate.name).join(", ");
  throw new BuildError(`Cannot build for "${asked}": expected one of ${known}`);
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

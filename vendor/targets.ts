// The platforms the executable is built for, in one table.

import { BuildError } from "./packages.mjs";

export interface Target {
  readonly name: string;
  readonly os: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  /** Platform of the pinned Bun inside a released executable: the one that needs the least of a CPU. */
  readonly bunPlatform: string;
  readonly executable: string;
  /** File name of the shared library that exports `asr_<name>`. */
  readonly library: (name: string) => string;
  /** CMake flags of each CPU level a release carries; src/platform/embedded.ts says what a CPU needs for each. */
  readonly cpuLevels: Readonly<Record<string, readonly string[]>>;
}

const avx2 = ["SSE42", "AVX", "AVX2", "FMA", "F16C", "BMI2"];
const x64Features = [...avx2, "AVX512", "AVX512_VBMI", "AVX512_VNNI", "AVX512_BF16"];

export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    os: "linux",
    arch: "x64",
    bunPlatform: "linux-x64-baseline",
    ...unixFiles("so"),
    cpuLevels: {
      avx512: x64Flags(x64Features),
      avx2: x64Flags(avx2),
      baseline: x64Flags([]),
    },
  },
  {
    name: "linux-arm64",
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
    os: "darwin",
    arch: "arm64",
    bunPlatform: "darwin-arm64",
    ...unixFiles("dylib"),
    cpuLevels: { baseline: armFlags("armv8.4-a+dotprod+fp16") },
  },
  {
    name: "windows-x64",
    os: "win32",
    arch: "x64",
    bunPlatform: "windows-x64",
    executable: "open-asr-server.exe",
    library: (name) => `asr_${name}.dll`,
    // Bun itself needs AVX2 there.
    cpuLevels: { baseline: x64Flags(avx2) },
  },
];

/** The target of that name, or the machine's own. */
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

function x64Flags(enabled: readonly string[]): string[] {
  const switches = x64Features.map(
    (name) => `-DGGML_${name}=${enabled.includes(name) ? "ON" : "OFF"}`,
  );
  return ["-DGGML_NATIVE=OFF", ...switches];
}

function armFlags(architecture: string): string[] {
  return ["-DGGML_NATIVE=OFF", `-DGGML_CPU_ARM_ARCH=${architecture}`];
}

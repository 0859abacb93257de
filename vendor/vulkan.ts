// Builds what transcribe.cpp's library for Vulkan needs in addition to its source: the headers of Vulkan and of SPIR-V, and
// the compiler of shaders, which runs on the build machine.

import { join } from "node:path";
import { runCmake } from "./cmake.ts";
import { fetchPinned } from "./fetch.ts";
import { buildFolder, readPins } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";

/** Name of the library for Vulkan in the executable. */
export const vulkanLibrary = "transcribe-cpp-vulkan";

/** Returns whether a release for this platform contains the library for Vulkan. */
export function buildsVulkan({ name }: Target): boolean {
  return name === "linux-x64" || name === "windows-x64";
}

/**
 * Returns the CPU level of the library for Vulkan in a release. Some steps of a model run on the CPU, and the executable
 * contains one such library, because it is large. Machines with such a GPU usually have a CPU with AVX2.
 */
export function vulkanLevel({ cpuLevels }: Target): "avx2" | "baseline" {
  return cpuLevels.avx2 === undefined ? "baseline" : "avx2";
}

/**
 * Fetches the headers and builds the compiler. Returns the CMake flags that ffi/transcribe-cpp needs. The variable
 * OPEN_ASR_GLSLC is the path of an installed compiler, which is then not built.
 */
export async function vulkanFlags(): Promise<string[]> {
  const shaderc = await fetchPinned("shaderc");
  return [
    "-DENGINE_VULKAN=ON",
    `-DVULKAN_HEADERS_DIR=${join(await fetchPinned("vulkan-headers"), "include")}`,
    `-DSPIRV_HEADERS_DIR=${join(shaderc, "spirv-headers", "include")}`,
    `-DGLSLC=${process.env["OPEN_ASR_GLSLC"] ?? (await buildCompiler(shaderc))}`,
  ];
}

// --- internal ---

async function buildCompiler(source: string): Promise<string> {
  const folder = join(buildFolder, "cmake", "shaderc");
  const program = join(
    folder,
    "shaderc",
    "glslc",
    process.platform === "win32" ? "glslc.exe" : "glslc",
  );
  await buildStep(
    {
      title: "compiling the compiler of shaders, 15 to 30 minutes",
      name: "shaderc",
      settings: [(await readPins())["shaderc"]?.packages, shadercFlags],
      outputs: [program],
    },
    async () => {
      const failure = "Cannot compile the compiler of shaders";
      const configure = shadercFlags;
      await runCmake({ project: source, folder, configure, targets: ["glslc_exe"], failure });
    },
  );
  return program;
}

const shadercFlags = [
  "-DSHADERC_SKIP_TESTS=ON",
  "-DSHADERC_SKIP_EXAMPLES=ON",
  "-DSHADERC_SKIP_INSTALL=ON",
  "-DSPIRV_SKIP_TESTS=ON",
  "-DSPIRV_SKIP_EXECUTABLES=ON",
  "-DSPIRV_WERROR=OFF",
  "-DENABLE_GLSLANG_BINARIES=OFF",
];

// Decides which compiler builds a library for a platform, and which libraries only a machine of that platform can build.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFolder, MissingToolError, runTool } from "./packages.mjs";
import { isThisMachine, type EngineName, type Target } from "./targets.ts";
import { usesZig, zigTools } from "./zig.ts";

/** Returns the CMake arguments that select the compiler of an engine library. */
export async function compilerFlags(
  engine: EngineName,
  target: Target,
  release: boolean,
): Promise<string[]> {
  if (!usesZig(target, release)) return [];
  const { toolchain, linker } = await zigTools(target);
  if (engine !== "ctranslate2" || !usesGcc(target, release))
    return [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`];
  return [`-DCMAKE_TOOLCHAIN_FILE=${await gnuToolchain(target, linker)}`, "-DOLD_GLIBC=ON"];
}

/** Returns whether GCC compiles CTranslate2's engine library, and Zig the other ones. */
export function usesGcc(target: Target, release: boolean): boolean {
  return target.os === "linux" && usesZig(target, release);
}

/**
 * Returns why this machine cannot build an engine library for the target, and what to do. Returns null if it can build
 * the library.
 */
export function obstacleTo(engine: EngineName, target: Target): string | null {
  if (isThisMachine(target)) return null;
  switch (engine) {
    case "ctranslate2":
      if (target.os === "win32")
        return `CTranslate2's library for Windows needs Microsoft's C++ compiler; ${elsewhere(target)}`;
      if (target.os === "darwin") return null;
      return gnuCompiler(target) === null
        ? `CTranslate2's library for Linux needs GCC's C++ library; install g++-${gnuName(target).replace("_", "-")}`
        : null;
    default:
      return null;
  }
}

/** Returns what an engine library lacks that this machine builds for the target, or null. */
export function lackOf(engine: EngineName, target: Target): string | null {
  return engine === "whisper-cpp" && target.os === "darwin" && !isThisMachine(target)
    ? "Metal and Accelerate, because both need Apple's SDK"
    : null;
}

// --- internal ---

function elsewhere({ name }: Target): string {
  return `run \`npm run build -- native\` on a machine with ${name} and copy its .build/embed/${name} to this machine`;
}

/** Returns GCC's name of a Linux platform. */
function gnuName({ zig }: Target): string {
  return zig.replace(/\.[\d.]+$/, "");
}

/** Returns the command of GCC's C++ compiler for a Linux platform, or null if it is not installed. */
function gnuCompiler(target: Target): string | null {
  return (
    Bun.which(`${gnuName(target)}-g++`) ?? (isThisMachine(target) ? Bun.which("g++") : null) ?? null
  );
}

/**
 * Writes a CMake toolchain file and returns its path. GCC compiles, because the engine library and CTranslate2 exchange
 * exceptions of GCC's C++ library. Zig links, because it has the symbols of old versions of glibc.
 */
async function gnuToolchain(target: Target, linker: string): Promise<string> {
  const compiler = gnuCompiler(target);
  if (compiler === null)
    throw new MissingToolError(`Cannot compile CTranslate2's engine library: g++ is not installed`);
  const file = (name: string) =>
    runTool([compiler, `-print-file-name=${name}`], { failure: `Cannot run ${compiler}` }).trim();
  const libraries = ["libstdc++.so", "libgcc_s.so.1", "libgcc.a"].map(file).join(" ");
  const variables = {
    CMAKE_SYSTEM_NAME: target.cmake.system,
    CMAKE_SYSTEM_PROCESSOR: target.cmake.processor,
    CMAKE_C_COMPILER: compiler.replace(/g\+\+$/, "gcc"),
    CMAKE_CXX_COMPILER: compiler,
    CMAKE_CXX_CREATE_SHARED_MODULE: `${linker} -shared <LINK_FLAGS> -o <TARGET> <OBJECTS> <LINK_LIBRARIES> ${libraries}`,
  };
  const folder = join(buildFolder, "zig", target.name);
  await mkdir(folder, { recursive: true });
  const path = join(folder, "gnu-toolchain.cmake");
  const text = Object.entries(variables).map(([name, value]) => `set(${name} "${value}")\n`);
  await writeFile(path, text.join(""));
  return path;
}

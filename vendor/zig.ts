// Compiles C and C++ with Zig, which contains Clang and the C libraries of all platforms. The build uses Zig for other
// platforms, and for releases for Linux, which must run with an older glibc than that of the build machine.

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchPinned } from "./fetch.ts";
import { writeSdk } from "./macos/sdk.ts";
import { buildFolder, MissingToolError, readPins } from "./packages.mjs";
import { findTarget, isThisMachine, type Target } from "./targets.ts";

export interface ZigTools {
  /** Path of the program `zig`. */
  readonly zig: string;
  /** Path of a CMake toolchain file for the target. */
  readonly toolchain: string;
  /** Command that links objects of other compilers for the target. */
  readonly linker: string;
}

/** Returns whether the engine libraries for the target are compiled with Zig. */
export function usesZig(target: Target, release: boolean): boolean {
  return !isThisMachine(target) || (release && target.os === "linux");
}

/** Returns the settings of the compiler for the stamps of build steps. Empty if the target is not compiled with Zig. */
export async function zigSettings(target: Target, release: boolean): Promise<readonly unknown[]> {
  if (!usesZig(target, release)) return [];
  const pins = await readPins();
  const macos = target.os === "darwin" ? [pins["transcribe.cpp-macos"]?.packages] : [];
  return [target.zig, armNames, pins["zig"]?.packages, ...macos];
}

/** Fetches Zig and writes the compiler commands and the CMake toolchain file for the target. */
export async function zigTools(target: Target): Promise<ZigTools> {
  const zig = join(await fetchForThisMachine("zig", target), "ziglang", "zig");
  await chmod(zig, 0o755);
  const folder = join(buildFolder, "zig", target.name);
  await mkdir(folder, { recursive: true });
  const command = (name: string) => join(folder, name);
  for (const [name, words, isCompiler] of [
    ["cc", `cc -target ${target.zig}`, true],
    ["c++", `c++ -target ${target.zig}`, true],
    ["ar", "ar", false],
    ["ranlib", "ranlib", false],
  ] as const) {
    const lines = ["#!/bin/sh", ...(isCompiler ? armNames : []), ...cacheFolders];
    await writeFile(command(name), `${[...lines, `exec '${zig}' ${words} "$@"`].join("\n")}\n`);
    await chmod(command(name), 0o755);
  }
  const toolchain = join(folder, "toolchain.cmake");
  const variables = {
    CMAKE_SYSTEM_NAME: target.cmake.system,
    CMAKE_SYSTEM_PROCESSOR: target.cmake.processor,
    CMAKE_C_COMPILER: command("cc"),
    CMAKE_CXX_COMPILER: command("c++"),
    CMAKE_AR: command("ar"),
    CMAKE_RANLIB: command("ranlib"),
    // The libraries of this machine are not those of the target.
    CMAKE_FIND_ROOT_PATH_MODE_LIBRARY: "ONLY",
    CMAKE_FIND_ROOT_PATH_MODE_INCLUDE: "ONLY",
    CMAKE_FIND_ROOT_PATH_MODE_PACKAGE: "ONLY",
    ...(target.os === "darwin" && (await macosVariables(target, folder))),
  };
  const text = Object.entries(variables).map(([name, value]) => `set(${name} "${value}")\n`);
  await writeFile(toolchain, text.join(""));
  return { zig, toolchain, linker: command("cc") };
}

/** Returns the path of the program cargo-zigbuild, which lets Cargo link with Zig. */
export async function cargoZigbuild(target: Target): Promise<string> {
  const folder = await fetchForThisMachine("cargo-zigbuild", target);
  const { version } = (await readPins())["cargo-zigbuild"] ?? {};
  const program = join(folder, `cargo_zigbuild-${version}.data`, "scripts", "cargo-zigbuild");
  await chmod(program, 0o755);
  return program;
}

// --- internal ---

/** Zig does not know GCC's names of Arm's architectures. */
const armNames = [
  "for word do",
  "  shift",
  '  case "$word" in',
  "    -march=armv8-a) word=-mcpu=generic ;;",
  "    -march=armv8.2-a+dotprod+fp16) word=-mcpu=generic+v8_2a+dotprod+fullfp16 ;;",
  "    -march=armv8.4-a+dotprod+fp16) word=-mcpu=generic+v8_4a+dotprod+fullfp16 ;;",
  "  esac",
  '  set -- "$@" "$word"',
  "done",
];

/**
 * The engine libraries use the C++ library of macOS, because they exchange exceptions with libraries that use it. Zig's
 * headers are those of the same C++ library, but newer: with the definition, they use only what the oldest macOS has.
 */
async function macosVariables(target: Target, folder: string) {
  const { cxx, frameworks } = await writeSdk(target, folder);
  const definition = "_LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS";
  return {
    CMAKE_CXX_FLAGS_INIT: `-F${frameworks} -U${definition} -D${definition}=1`,
    // Only on a Mac, CMake knows the linker's flag for the property INSTALL_RPATH.
    CMAKE_MODULE_LINKER_FLAGS_INIT: "-nostdlib++ -Wl,-rpath,@loader_path",
    CMAKE_CXX_STANDARD_LIBRARIES_INIT: cxx,
    // CMake demands this program for macOS, but these projects change no install name.
    CMAKE_INSTALL_NAME_TOOL: "/bin/false",
  };
}

const cacheFolders = ["GLOBAL", "LOCAL"].map(
  (kind) => `export ZIG_${kind}_CACHE_DIR='${join(buildFolder, "zig", "cache")}'`,
);

async function fetchForThisMachine(name: string, target: Target): Promise<string> {
  const here = findTarget();
  const pin = (await readPins())[name];
  if (pin?.packages.some(({ platform }) => platform === here.name))
    return fetchPinned(name, here.name);
  const known = pin?.packages.map(({ platform }) => platform).join(", ");
  throw new MissingToolError(
    `Cannot build for ${target.name} on ${here.name}: this needs Linux, because vendor/pins.json has ${name} only for ${known}`,
  );
}

// Builds the engine libraries with CMake and the audio library with Cargo. Copies them to the folder from which they
// are embedded in the executable.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ctranslate2Files, fetchCtranslate2 } from "./ctranslate2.ts";
import { fetchPinned } from "./fetch.ts";
import { buildVoiceActivityWeights } from "./models/silero.ts";
import { buildFolder, readPins, repository, runTool } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";

/** A library to embed. src/platform/embedded.ts finds it by `name`. */
export interface StagedLibrary {
  readonly name: string;
  readonly path: string;
  /** Paths of libraries that must be in the same folder as this library. */
  readonly companions?: readonly string[];
}

/**
 * Builds all libraries. If `release` is true, builds them for every CPU level of the platform. Otherwise, builds them
 * for the CPU of this machine.
 */
export async function buildNative(target: Target, release: boolean): Promise<StagedLibrary[]> {
  const libraries = stagedLibraries(target, release);
  await buildAudio(target, libraries);
  for (const [level, flags] of Object.entries(release ? target.cpuLevels : nativeLevel)) {
    await buildShims(target, level, flags, libraries);
  }
  return libraries;
}

/** Returns the libraries that are embedded in the executable for `target`. */
export function stagedLibraries(target: Target, release: boolean): StagedLibrary[] {
  const staged = (name: string, level: string, file: string) => ({
    name,
    path: join(buildFolder, "embed", target.name, level, target.library(file)),
  });
  const levels = Object.keys(release ? target.cpuLevels : nativeLevel);
  return [
    staged("audio", "any", "audio"),
    staged("null", "any", "null"),
    { ...staged("ctranslate2", "any/ctranslate2", "ctranslate2"), companions: companions(target) },
    ...levels.map((level) => staged(`whisper-cpp@${level}`, level, "whisper_cpp")),
  ];
}

// --- internal ---

function companions(target: Target): string[] {
  const folder = join(buildFolder, "embed", target.name, "any/ctranslate2");
  return ctranslate2Files(target).map((file) => join(folder, file));
}

/** CMake flags of a development build, which uses all features of this machine's CPU. */
const nativeLevel: Target["cpuLevels"] = { native: ["-DGGML_NATIVE=ON"] };

const ffi = join(repository, "ffi");

const engineSources = [
  "asr.h",
  "CMakeLists.txt",
  "exports.map",
  "common",
  "null",
  "whisper-cpp",
  "ctranslate2",
];

async function buildShims(
  target: Target,
  level: string,
  flags: readonly string[],
  libraries: readonly StagedLibrary[],
): Promise<void> {
  const source = await fetchPinned("whisper.cpp");
  const pin = (await readPins())["whisper.cpp"];
  const folder = join(buildFolder, "cmake", `${target.name}-${level}`);
  const ctranslate2 = await fetchCtranslate2(target);
  const outputs = libraries.filter(
    ({ name }) => name === "null" || name === "ctranslate2" || name === `whisper-cpp@${level}`,
  );
  const configure = [
    `-DWHISPER_SOURCE_DIR=${source}`,
    `-DWHISPER_VERSION=${pin?.version}`,
    `-DCTRANSLATE2_INCLUDE_DIR=${ctranslate2.includeFolder}`,
    `-DCTRANSLATE2_LIBRARY=${ctranslate2.libraries[0]}`,
    `-DCTRANSLATE2_VERSION=${ctranslate2.version}`,
    ...flags,
  ];
  await buildStep(
    {
      title: `compiling the engine libraries and whisper.cpp (${level}), about a minute`,
      name: `engines-${target.name}-${level}`,
      inputs: engineSources.map((name) => join(ffi, name)),
      settings: [pin?.packages, configure],
      outputs: outputs.flatMap(({ path, companions: beside = [] }) => [path, ...beside]),
    },
    async () => {
      const failure = "Cannot compile the engine libraries and whisper.cpp";
      await forgetOtherCheckout(folder);
      const generator = Bun.which("ninja") ? ["-G", "Ninja"] : [];
      runTool(
        [
          "cmake",
          "-S",
          ffi,
          "-B",
          folder,
          ...generator,
          "-DCMAKE_BUILD_TYPE=Release",
          ...configure,
        ],
        {
          failure,
        },
      );
      const jobs = String(availableParallelism());
      runTool(["cmake", "--build", folder, "--config", "Release", "--parallel", jobs], { failure });
      for (const { path } of outputs) await stage(join(folder, "lib"), path);
      for (const path of companions(target)) await stage(dirname(ctranslate2.libraries[0]), path);
    },
  );
}

/**
 * Deletes the build folder if CMake configured it for another path of the repository, because CMake would reject the
 * folder.
 */
async function forgetOtherCheckout(folder: string): Promise<void> {
  const cache = Bun.file(join(folder, "CMakeCache.txt"));
  if (!(await cache.exists())) return;
  if (!(await cache.text()).includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${ffi}\n`)) {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildAudio(target: Target, libraries: readonly StagedLibrary[]): Promise<void> {
  const crate = join(ffi, "audio");
  const output = libraries.find(({ name }) => name === "audio");
  if (!output) return;
  // Creates the file with the weights. ffi/audio/build.rs reads this file.
  const weights = await buildVoiceActivityWeights();
  await buildStep(
    {
      title: "compiling the audio library, about a minute",
      name: `audio-${target.name}`,
      inputs: [
        ...["Cargo.toml", "Cargo.lock", "build.rs", "src"].map((name) => join(crate, name)),
        weights,
      ],
      outputs: [output.path],
    },
    async () => {
      const folder = join(buildFolder, "cargo");
      const manifest = ["--locked", "--manifest-path", join(crate, "Cargo.toml")];
      runTool(["cargo", "fetch", ...manifest], {
        failure:
          "Cannot fetch the crates of the audio library: connect this machine to the network, " +
          "or set OPEN_ASR_VENDOR_DIR to a folder that a build on a connected machine has filled",
        log: "fetch.log",
      });
      // The file paths in panic messages would contain folders of the build machine. This flag removes these folders.
      const cargoHome = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
      const remap = `build.rustflags=["--remap-path-prefix=${cargoHome}/registry/src=crates"]`;
      const build = ["build", "--release", "--config", remap, "--target-dir", folder];
      runTool(["cargo", ...build, ...manifest], {
        failure: "Cannot compile the audio library",
      });
      await stage(join(folder, "release"), output.path);
    },
  );
}

// Copies a file to the staging folder. A running process may have the existing file open, so the existing file is
// deleted, not overwritten.
async function stage(folder: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await copyFile(join(folder, basename(path)), path);
}

// Builds the engine libraries with CMake and the audio library with Cargo. Copies them to the folder from which they
// are embedded in the executable.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ctranslate2Files, fetchCtranslate2 } from "./ctranslate2.ts";
import { fetchPinned } from "./fetch.ts";
import { buildsMlx, embedsMlx, fetchMlx, mlxFiles } from "./mlx.ts";
import { buildVoiceActivityWeights } from "./models/silero.ts";
import { buildFolder, readPins, repository, runTool } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";
import { buildsVulkan, vulkanFlags, vulkanLevel, vulkanLibrary } from "./vulkan.ts";

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
    await buildEngines(target, level, flags, libraries);
    const name = `transcribe-cpp@${level}`;
    const output = libraries.find((library) => library.name === name);
    if (output) await buildTranscribeCpp(target, level, flags, output);
  }
  if (release && buildsVulkan(target)) await buildVulkan(target, release);
  if (embedsMlx(target) || (buildsMlx(target) && !release)) await buildMlx(target);
  return libraries;
}

/**
 * Builds transcribe.cpp's library for Vulkan. A development build does not contain it, because its shaders take many
 * minutes; a setting names it for tests.
 */
export async function buildVulkan(target: Target, release: boolean): Promise<StagedLibrary> {
  const level = release ? vulkanLevel(target) : "native";
  const staged = stagedVulkan(target, release);
  const flags = (release ? target.cpuLevels[level] : nativeLevel.native) ?? [];
  await buildTranscribeCpp(target, `vulkan-${level}`, [...flags, ...(await vulkanFlags())], staged);
  return staged;
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
    ...(embedsMlx(target) ? [stagedMlx(target)] : []),
    ...levels.map((level) => staged(`whisper-cpp@${level}`, level, "whisper_cpp")),
    ...levels.map((level) => staged(`transcribe-cpp@${level}`, level, "transcribe_cpp")),
    ...(release && buildsVulkan(target) ? [stagedVulkan(target, release)] : []),
  ];
}

// --- internal ---

/** Returns the library of the MLX engine, whether or not the executable embeds it. */
function stagedMlx(target: Target): Required<StagedLibrary> {
  const folder = join(buildFolder, "embed", target.name, "any/mlx");
  return {
    name: "mlx",
    path: join(folder, target.library("mlx")),
    companions: mlxFiles(target).map((file) => join(folder, file)),
  };
}

/** Returns transcribe.cpp's library for Vulkan, whether or not the executable embeds it. */
function stagedVulkan(target: Target, release: boolean): StagedLibrary {
  const level = release ? vulkanLevel(target) : "native";
  const folder = join(buildFolder, "embed", target.name, `vulkan-${level}`);
  return {
    name: `${vulkanLibrary}@${level}`,
    path: join(folder, target.library("transcribe_cpp")),
  };
}

function companions(target: Target): string[] {
  const folder = join(buildFolder, "embed", target.name, "any/ctranslate2");
  return ctranslate2Files(target).map((file) => join(folder, file));
}

/** CMake flags of a development build, which uses all features of this machine's CPU. */
const nativeLevel: Target["cpuLevels"] = { native: ["-DGGML_NATIVE=ON"] };

const ffi = join(repository, "ffi");

/** Files and folders in ffi/ that every engine library needs. */
const sharedSources = ["asr.h", "engine.cmake", "exports.map", "common"];

async function buildEngines(
  target: Target,
  level: string,
  flags: readonly string[],
  libraries: readonly StagedLibrary[],
): Promise<void> {
  const source = await fetchPinned("whisper.cpp");
  const pin = (await readPins())["whisper.cpp"];
  const ctranslate2 = await fetchCtranslate2(target);
  const folder = join(buildFolder, "cmake", `${target.name}-${level}`);
  await compile({
    what: "the engine libraries and whisper.cpp",
    name: `engines-${target.name}-${level}`,
    level,
    project: ffi,
    folder,
    sources: ["CMakeLists.txt", "null", "whisper-cpp", "ctranslate2"],
    packages: pin?.packages,
    configure: [
      `-DWHISPER_SOURCE_DIR=${source}`,
      `-DWHISPER_VERSION=${pin?.version}`,
      `-DCTRANSLATE2_INCLUDE_DIR=${ctranslate2.includeFolder}`,
      `-DCTRANSLATE2_LIBRARY=${ctranslate2.libraries[0]}`,
      `-DCTRANSLATE2_VERSION=${ctranslate2.version}`,
      ...flags,
    ],
    outputs: libraries
      .filter(({ name }) => ["null", "ctranslate2", `whisper-cpp@${level}`].includes(name))
      .map(({ path }) => ({ path, from: join(folder, "lib") })),
    companions: companions(target).map((path) => ({
      path,
      from: dirname(ctranslate2.libraries[0]),
    })),
  });
}

async function buildTranscribeCpp(
  target: Target,
  level: string,
  flags: readonly string[],
  output: StagedLibrary,
): Promise<void> {
  const folder = join(buildFolder, "cmake", `transcribe-cpp-${target.name}-${level}`);
  await compile({
    what: "transcribe.cpp",
    name: `transcribe-cpp-${target.name}-${level}`,
    level,
    ...(level.startsWith("vulkan") && { duration: "10 to 20 minutes" }),
    project: join(ffi, "transcribe-cpp"),
    folder,
    sources: ["transcribe-cpp"],
    packages: (await readPins())["transcribe.cpp"]?.packages,
    configure: [`-DTRANSCRIBE_SOURCE_DIR=${await fetchPinned("transcribe.cpp")}`, ...flags],
    outputs: [{ path: output.path, from: join(folder, "lib") }],
  });
}

async function buildMlx(target: Target): Promise<void> {
  const folder = join(buildFolder, "cmake", `mlx-${target.name}`);
  const built = join(folder, "lib");
  const { path, companions: files } = stagedMlx(target);
  const { configure, folderOf } = await fetchMlx(target);
  const pins = await readPins();
  await compile({
    what: "the MLX engine library",
    name: `mlx-${target.name}`,
    level: "any CPU",
    project: join(ffi, "mlx"),
    folder,
    sources: ["mlx"],
    packages: ["mlx", "openblas", "whisper-tokens"].map((name) => pins[name]?.packages),
    configure,
    outputs: [{ path, from: built }],
    companions: files.map((file) => ({ path: file, from: folderOf(basename(file), built) })),
  });
}

/** A file to stage. `path` is its staging path. `from` is the folder that contains the file, with the same name. */
interface Output {
  readonly path: string;
  readonly from: string;
}

interface Compilation {
  /** Names of the libraries, for messages. */
  readonly what: string;
  /** Name of the stamp file. */
  readonly name: string;
  readonly level: string;
  /** Folder of the CMakeLists.txt. */
  readonly project: string;
  /** Build folder of CMake. */
  readonly folder: string;
  /** Files and folders in ffi/ that the project compiles in addition to `sharedSources`. */
  readonly sources: readonly string[];
  /** The third-party packages that the project compiles. */
  readonly packages: unknown;
  /** Arguments that configure the project. */
  readonly configure: readonly string[];
  readonly outputs: readonly Output[];
  readonly companions?: readonly Output[];
  /** How long the compilation takes, for the title of the step. */
  readonly duration?: string;
}

async function compile(options: Compilation): Promise<void> {
  const { what, name, level, project, folder, sources, configure } = options;
  const outputs = [...options.outputs, ...(options.companions ?? [])];
  await buildStep(
    {
      title: `compiling ${what} (${level}), ${options.duration ?? "one to two minutes"}`,
      name,
      inputs: [...sharedSources, ...sources].map((path) => join(ffi, path)),
      settings: [options.packages, configure],
      outputs: outputs.map(({ path }) => path),
    },
    async () => {
      const failure = `Cannot compile ${what}`;
      await forgetOtherCheckout(folder, project);
      const generator = Bun.which("ninja") ? ["-G", "Ninja"] : [];
      const paths = ["-S", project, "-B", folder];
      runTool(["cmake", ...paths, ...generator, "-DCMAKE_BUILD_TYPE=Release", ...configure], {
        failure,
      });
      const jobs = String(availableParallelism());
      runTool(["cmake", "--build", folder, "--config", "Release", "--parallel", jobs], { failure });
      for (const { path, from } of outputs) await stage(from, path);
    },
  );
}

/**
 * Deletes the build folder if CMake configured it for another path of the repository, because CMake would reject the
 * folder.
 */
async function forgetOtherCheckout(folder: string, project: string): Promise<void> {
  const cache = Bun.file(join(folder, "CMakeCache.txt"));
  if (!(await cache.exists())) return;
  if (!(await cache.text()).includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${project}\n`)) {
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

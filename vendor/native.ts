// Builds the engine libraries with CMake and the audio library with Cargo. Copies them to the folder from which they
// are embedded in the executable.

import { basename, dirname, join } from "node:path";
import type { CpuLevel } from "../src/platform/cpu-levels.ts";
import { buildAudio } from "./audio.ts";
import { runCmake } from "./cmake.ts";
import { compilerFlags, obstacleTo, usesGcc } from "./cross.ts";
import { ctranslate2Files, fetchCtranslate2 } from "./ctranslate2.ts";
import { fetchPinned } from "./fetch.ts";
import { fetchGgml, ggmlFiles } from "./macos/sdk.ts";
import { buildsMlx, embedsMlx, fetchMlx, mlxFiles } from "./mlx.ts";
import { buildFolder, readPins, repository } from "./packages.mjs";
import { stage } from "./stage.ts";
import { buildStep } from "./stamp.ts";
import { isThisMachine, type LevelFlags, type Target } from "./targets.ts";
import { usesZig, zigSettings } from "./zig.ts";
import { buildsVulkan, vulkanFlags, vulkanLevel, vulkanLibrary } from "./vulkan.ts";

/** A library to embed. src/platform/embedded.ts finds it by `name`. */
export interface StagedLibrary {
  readonly name: string;
  readonly path: string;
  /** Paths of libraries that must be in the same folder as this library. */
  readonly companions?: readonly string[];
}

/**
 * Builds all libraries that this machine can build for the target. If `release` is true, builds them for every CPU level
 * of the platform. Otherwise, builds them for the CPU of this machine, or for every CPU of another platform. If
 * `withVulkan` is false, leaves out the library for Vulkan.
 */
export async function buildNative(
  target: Target,
  release: boolean,
  withVulkan = true,
): Promise<void> {
  const libraries = stagedLibraries(target, release);
  const audio = libraries.find(({ name }) => name === "audio");
  if (audio) await buildAudio(target, release, audio.path);
  // If GCC compiles CTranslate2's engine library and Zig the others, a separate CMake project builds it.
  const isSeparate = usesGcc(target, release);
  for (const [level, flags] of Object.entries(levelsOf(target, release))) {
    const build = { target, release, level, flags };
    await buildEngineProject(build, [
      "null",
      "whisper_cpp",
      ...(isSeparate || obstacleTo("ctranslate2", target) ? [] : (["ctranslate2"] as const)),
    ]);
    const outputs = libraries.filter(({ name }) => name === `transcribe-cpp@${level}`);
    await buildTranscribeCpp({ ...build, outputs, pins: ["transcribe.cpp"] });
  }
  if (isSeparate && obstacleTo("ctranslate2", target) === null)
    await buildEngineProject({ target, release, level: "any", flags: [] }, ["ctranslate2"]);
  if (withVulkan && embedsVulkan(target, release)) await buildVulkan(target, release);
  if (embedsMlx(target)) await buildMlx(target);
}

/** Builds the libraries that only tests use: the MLX engine on the platforms whose executable does not embed it. */
export async function buildTestLibraries(target: Target): Promise<void> {
  if (buildsMlx(target) && !embedsMlx(target)) await buildMlx(target);
}

/**
 * Builds transcribe.cpp's library for Vulkan. A development build does not contain it, because its shaders take many
 * minutes; a setting names it for tests.
 */
export async function buildVulkan(target: Target, release: boolean): Promise<StagedLibrary> {
  const level = vulkanLevelOf(target, release);
  const staged = stagedVulkan(target, release);
  const flags = [...(levelsOf(target, release)[level] ?? []), ...(await vulkanFlags())];
  await buildTranscribeCpp({
    target,
    release,
    level: `vulkan-${level}`,
    flags,
    outputs: [staged],
    pins: ["transcribe.cpp", "shaderc", "vulkan-headers"],
    duration: "10 to 20 minutes",
  });
  return staged;
}

/** Builds the library of the MLX engine, whether or not the executable embeds it. */
export async function buildMlx(target: Target): Promise<StagedLibrary> {
  const folder = join(buildFolder, "cmake", `mlx-${target.name}`);
  const built = join(folder, "lib");
  const staged = stagedMlx(target);
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
    // The executable for Linux does not contain this library, so it is never built for an old glibc.
    compiler: await zigSettings(target, false),
    configure: [...configure, ...(await compilerFlags("mlx", target, false))],
    outputs: [{ path: staged.path, from: built }],
    companions: staged.companions.map((file) => ({
      path: file,
      from: folderOf(basename(file), built),
    })),
  });
  return staged;
}

/** Returns the libraries of the executable for `target`, whether or not they have been built. */
export function stagedLibraries(target: Target, release: boolean): StagedLibrary[] {
  const root = stagingFolder(target, release);
  const staged = (name: string, level: string, file: string) => ({
    name,
    path: join(root, level, target.library(file)),
  });
  const levels = Object.keys(levelsOf(target, release));
  return [
    staged("audio", "any", "audio"),
    staged("null", "any", "null"),
    {
      ...staged("ctranslate2", "any/ctranslate2", "ctranslate2"),
      companions: companions(target, release),
    },
    ...(embedsMlx(target) ? [stagedMlx(target)] : []),
    ...levels.map((level) => staged(`whisper-cpp@${level}`, level, "whisper_cpp")),
    ...levels.map((level) => ({
      ...staged(`transcribe-cpp@${level}`, level, "transcribe_cpp"),
      companions: ggmlFiles(target).map((file) => join(root, level, file)),
    })),
    ...(embedsVulkan(target, release) ? [stagedVulkan(target, release)] : []),
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

/** Returns whether the executable contains the library for Vulkan. Only a machine of the platform can build it. */
function embedsVulkan(target: Target, release: boolean): boolean {
  return release && buildsVulkan(target) && isThisMachine(target);
}

function vulkanLevelOf(target: Target, release: boolean): CpuLevel {
  return release ? vulkanLevel(target) : "native";
}

/** Returns transcribe.cpp's library for Vulkan, whether or not the executable embeds it. */
function stagedVulkan(target: Target, release: boolean): StagedLibrary {
  const level = vulkanLevelOf(target, release);
  const folder = join(stagingFolder(target, release), `vulkan-${level}`);
  return {
    name: `${vulkanLibrary}@${level}`,
    path: join(folder, target.library("transcribe_cpp")),
  };
}

function companions(target: Target, release: boolean): string[] {
  const folder = join(stagingFolder(target, release), "any/ctranslate2");
  return ctranslate2Files(target).map((file) => join(folder, file));
}

/** Libraries of this machine's own compiler and of Zig have the same names, so they are in different folders. */
function stagingFolder(target: Target, release: boolean): string {
  const folder = join(buildFolder, "embed", target.name);
  return isThisMachine(target) && usesZig(target, release) ? join(folder, "release") : folder;
}

/** Returns the CPU levels for which the engines are built, and the CMake flags of each level. */
function levelsOf(target: Target, release: boolean): LevelFlags {
  if (release) return target.cpuLevels;
  return isThisMachine(target) ? nativeLevel : { baseline: target.cpuLevels.baseline };
}

/** CMake flags of a development build, which uses all features of this machine's CPU. */
const nativeLevel: LevelFlags = { native: ["-DGGML_NATIVE=ON"] };

const ffi = join(repository, "ffi");

/** Files and folders in ffi/ that every engine library needs. */
const sharedSources = ["asr.h", "engine.cmake", "exports.map", "common", "ggml"];

/** The build of the engine libraries for one CPU level. */
interface LevelBuild {
  readonly target: Target;
  readonly release: boolean;
  readonly level: string;
  /** CMake flags of the level. */
  readonly flags: readonly string[];
}

async function buildEngineProject(
  { target, release, level, flags }: LevelBuild,
  engines: readonly ("null" | "whisper_cpp" | "ctranslate2")[],
): Promise<void> {
  const source = await fetchPinned("whisper.cpp");
  const pin = (await readPins())["whisper.cpp"];
  const hasCtranslate2 = engines.includes("ctranslate2");
  const ctranslate2 = hasCtranslate2 ? await fetchCtranslate2(target) : null;
  const isAlone = hasCtranslate2 && engines.length === 1;
  const name = `${target.name}-${level}${usesZig(target, release) ? "-zig" : ""}${isAlone ? "-ctranslate2" : ""}`;
  const folder = join(buildFolder, "cmake", name);
  const names = { null: "null", ctranslate2: "ctranslate2", whisper_cpp: `whisper-cpp@${level}` };
  const libraryNames = new Set(engines.map((engine) => names[engine]));
  await compile({
    what: isAlone ? "CTranslate2's engine library" : "the engine libraries and whisper.cpp",
    name: `engines-${name}`,
    level,
    project: ffi,
    folder,
    sources: ["CMakeLists.txt", ...engines.map((engine) => engine.replace("_", "-"))],
    packages: pin?.packages,
    compiler: await zigSettings(target, release),
    configure: [
      `-DENGINES=${engines.join(";")}`,
      `-DWHISPER_SOURCE_DIR=${source}`,
      `-DWHISPER_VERSION=${pin?.version}`,
      ...(ctranslate2
        ? [
            `-DCTRANSLATE2_INCLUDE_DIR=${ctranslate2.includeFolder}`,
            `-DCTRANSLATE2_LIBRARY=${ctranslate2.linked}`,
            `-DCTRANSLATE2_VERSION=${ctranslate2.version}`,
          ]
        : []),
      ...(await compilerFlags(hasCtranslate2 ? "ctranslate2" : "whisper-cpp", target, release)),
      ...flags,
    ],
    outputs: stagedLibraries(target, release)
      .filter((library) => libraryNames.has(library.name))
      .map(({ path }) => ({ path, from: join(folder, "lib") })),
    companions: ctranslate2
      ? companions(target, release).map((path) => ({
          path,
          from: dirname(ctranslate2.libraries[0]),
        }))
      : [],
  });
}

interface TranscribeCppBuild extends LevelBuild {
  readonly outputs: readonly StagedLibrary[];
  /** Names of the pins of the sources. */
  readonly pins: readonly string[];
  /** How long the build takes, if it takes longer than usual. */
  readonly duration?: string;
}

async function buildTranscribeCpp(build: TranscribeCppBuild): Promise<void> {
  const { target, release, level, flags, outputs, pins, duration } = build;
  const known = await readPins();
  const name = `transcribe-cpp-${target.name}-${level}${usesZig(target, release) ? "-zig" : ""}`;
  const folder = join(buildFolder, "cmake", name);
  const beside = outputs.flatMap((library) => library.companions ?? []);
  const ggml = beside.length > 0 ? await fetchGgml(target) : null;
  await compile({
    what: "transcribe.cpp",
    name,
    level,
    ...(duration !== undefined && { duration }),
    project: join(ffi, "transcribe-cpp"),
    folder,
    sources: ["transcribe-cpp"],
    packages: pins.map((pin) => known[pin]?.packages),
    compiler: await zigSettings(target, release),
    configure: [
      `-DTRANSCRIBE_SOURCE_DIR=${await fetchPinned("transcribe.cpp")}`,
      ...(ggml === null ? [] : [`-DGGML_LIBRARIES_DIR=${ggml}`]),
      ...(await compilerFlags("transcribe-cpp", target, release)),
      ...flags,
    ],
    outputs: outputs.map(({ path }) => ({ path, from: join(folder, "lib") })),
    companions: beside.map((path) => ({ path, from: ggml ?? "" })),
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
  /** Settings of the compiler that `configure` does not contain. */
  readonly compiler?: readonly unknown[];
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
      settings: [options.packages, configure, ...(options.compiler ?? [])],
      outputs: outputs.map(({ path }) => path),
    },
    async () => {
      await runCmake({ project, folder, configure, failure: `Cannot compile ${what}` });
      for (const { path, from } of outputs) await stage(from, path);
    },
  );
}

// Builds the executable. Skips each step whose inputs have not changed since its last run.
//
// Usage: bun build.ts native | vulkan | tests | app | all | check-symbols [--release] [--target NAME]
//        bun build.ts native | app | all --release --without-vulkan
//        bun build.ts pack [--release] [--target NAME] FOLDER
//        bun build.ts release-files [--base-url URL] [--version V] FOLDER
//        bun build.ts release-notes [--version V]

import { Glob } from "bun";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version as currentVersion } from "./package.json";
import { lackOf, obstacleTo } from "./vendor/cross.ts";
import { embedIndex, writeEmbedIndex } from "./vendor/embed.ts";
import { writeLicenses } from "./vendor/licenses.ts";
import { buildAllModels, buildStarterModel } from "./vendor/models/build.ts";
import {
  buildNative,
  buildTestLibraries,
  buildVulkan,
  type StagedLibrary,
  stagedLibraries,
} from "./vendor/native.ts";
import { buildPage } from "./vendor/page.ts";
import {
  BuildError,
  buildFolder,
  MissingToolError,
  obtainPackage,
  readPins,
  repository,
  runTool,
} from "./vendor/packages.mjs";
import { partsTable } from "./vendor/parts.ts";
import { packDeb } from "./vendor/release/deb.ts";
import { writeReleaseFiles } from "./vendor/release/files.ts";
import { releaseNotes } from "./vendor/release/notes.ts";
import { pack } from "./vendor/release/pack.ts";
import { buildSamples } from "./vendor/samples.ts";
import { buildStep } from "./vendor/stamp.ts";
import { checkSymbols } from "./vendor/symbols.ts";
import { type EngineName, findTarget, isThisMachine, type Target } from "./vendor/targets.ts";
import { buildsVulkan, vulkanLibrary } from "./vendor/vulkan.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    /**
     * Builds the libraries for every CPU level of the platform. Embeds a build of Bun that runs on every CPU of the
     * platform.
     */
    release: { type: "boolean", default: false },
    /**
     * Builds for another platform. The build names each library that only a machine of that platform can build.
     */
    target: { type: "string" },
    /**
     * Leaves the library for Vulkan out of a release, because its shaders take half an hour or more. The executable is then
     * only for tests.
     */
    "without-vulkan": { type: "boolean", default: false },
    /** Address of the folders of all versions, for the files of a release. */
    "base-url": { type: "string" },
    /** Version of the release. By default, this is the version in package.json. */
    version: { type: "string", default: currentVersion },
  },
});

try {
  await build(positionals[0] ?? "all", findTarget(values.target), values.release);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof MissingToolError ? MissingToolError.exitCode : 1;
}

async function build(verb: string, target: Target, release: boolean): Promise<void> {
  switch (verb) {
    case "native":
      await buildNative(target, release, !values["without-vulkan"]);
      break;
    case "vulkan":
      if (!buildsVulkan(target) || !isThisMachine(target))
        throw new BuildError(`Cannot build a library for Vulkan on ${target.name} here`);
      console.log((await buildVulkan(target, release)).path);
      break;
    case "tests":
      // The parts that only the tests need.
      await buildAllModels();
      await buildTestLibraries(target);
      break;
    case "app":
      await buildApp(target, release);
      break;
    case "all":
      await buildNative(target, release, !values["without-vulkan"]);
      await buildApp(target, release);
      break;
    case "check-symbols":
      await checkSymbols();
      break;
    case "pack":
      await packAll(target, release);
      break;
    case "release-files":
      console.log(
        (await writeReleaseFiles(folderArgument(), values.version, values["base-url"])).join("\n"),
      );
      break;
    case "release-notes":
      process.stdout.write(
        releaseNotes(await readFile(join(repository, "CHANGELOG.md"), "utf8"), values.version),
      );
      break;
    default:
      throw new BuildError(
        `Unknown verb "${verb}": expected native, vulkan, tests, app, all, check-symbols, pack, release-files or release-notes`,
      );
  }
}

/** Writes the archive, and for Linux the package for Debian. Prints their paths. */
async function packAll(target: Target, release: boolean): Promise<void> {
  const executable = executablePath(target, release);
  const { version } = values;
  const packing = { executable, target, version, folder: folderArgument(), level: 9 };
  for (const path of [await pack(packing), await packDeb(packing)])
    if (path !== null) console.log(path);
}

function folderArgument(): string {
  const folder = positionals[1];
  if (folder === undefined) throw new BuildError("Expected a folder after the verb");
  return folder;
}

function executablePath(target: Target, release: boolean): string {
  return join(
    repository,
    "dist",
    release || !isThisMachine(target) ? target.name : "",
    target.executable,
  );
}

async function buildApp(target: Target, release: boolean): Promise<void> {
  const libraries = libraryFiles(target, release);
  const isDevelopment = isThisMachine(target) && !release;
  const index = isDevelopment
    ? embedIndex
    : join(embedIndex, "..", `${target.name}${release ? "-release" : ""}.ts`);
  const parts = await writeEmbedIndex(
    [
      ...libraries.map((library) => ({ ...library, packed: true as const })),
      ...(await buildStarterModel(target)),
      ...(await buildSamples()),
      ...(await buildPage()),
      { name: "licenses", path: await writeLicenses(target) },
    ],
    { starterBackend: target.starterBackend, index, release },
  );
  const outfile = executablePath(target, release);
  const bun = isDevelopment ? process.execPath : await targetBun(target);
  await buildStep(
    {
      title: `compiling ${target.executable} for ${target.name}`,
      name: `app-${target.name}${release ? "-release" : ""}`,
      inputs: [
        ...["src", "build.ts", "package.json", "bun.lock"].map((name) => join(repository, name)),
        index,
      ],
      outputs: [outfile],
    },
    async () => {
      await compile(target, { index, bun, outfile });
      console.log(await partsTable(target, parts, { executable: outfile, bun }));
    },
  );
}

/**
 * Returns the libraries of the executable. A development build for another platform leaves out the libraries that this
 * machine cannot build and that nobody has copied to this machine, and prints their names. A release needs all libraries,
 * and each of them must be complete.
 */
function libraryFiles(target: Target, release: boolean): StagedLibrary[] {
  const libraries = stagedLibraries(target, release).filter(
    ({ name }) => !values["without-vulkan"] || !name.startsWith(vulkanLibrary),
  );
  const engines = new Map(target.engines.map((engine) => [engine, obstacleTo(engine, target)]));
  const missing = libraries.flatMap((library) => {
    const obstacle = engines.get(engineOf(library));
    return obstacle && !existsSync(library.path) ? [{ library, obstacle }] : [];
  });
  const lines = missing.map(({ library, obstacle }) => `- ${library.name}: ${obstacle}`);
  const lacks = target.engines.flatMap((engine) => {
    const lack = lackOf(engine, target);
    return lack === null ? [] : [`- ${engine}: without ${lack}`];
  });
  if (release && missing.length + lacks.length > 0)
    throw new BuildError(
      [`Cannot build a release for ${target.name} on this machine:`, ...lines, ...lacks].join("\n"),
    );
  if (missing.length + lacks.length > 0)
    console.error(
      [`The executable for ${target.name} is not complete:`, ...lines, ...lacks].join("\n"),
    );
  return libraries.filter((library) => !missing.some((one) => one.library === library));
}

function engineOf({ name }: StagedLibrary): EngineName {
  return name.replace(/@.*/, "") as EngineName;
}

interface Compilation {
  /** Path of the list of embedded files. */
  readonly index: string;
  /** Path of the Bun that the executable contains. */
  readonly bun: string;
  readonly outfile: string;
}

async function compile(target: Target, { index, bun, outfile }: Compilation): Promise<void> {
  const workers = await Array.fromAsync(
    new Glob("src/**/*.worker.ts").scan({ cwd: repository, absolute: true }),
  );
  // Bun adds ".exe" to a name without this ending when it compiles for Windows. So the ending must stay the last part.
  const unfinished = join(outfile, "..", `unfinished-${target.executable}`);
  await mkdir(join(outfile, ".."), { recursive: true });
  const result = await Bun.build({
    entrypoints: [join(repository, "src/main.ts"), ...workers.sort()],
    // All entry points are in one folder. So `new URL("./name.worker.ts", import.meta.url)` finds a worker both in the
    // executable and in the sources.
    naming: { entry: "[name].[ext]" },
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    // Each command loads only its own code: 6 ms less at the start of each process.
    splitting: true,
    compile: {
      target: `bun-${target.bunPlatform}`,
      outfile: unfinished,
      executablePath: bun,
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
    plugins: [
      {
        name: "list of embedded files",
        setup: (setup) =>
          void setup.onResolve({ filter: /\.build\/embed\/index\.ts$/ }, () => ({ path: index })),
      },
    ],
    throw: false,
  });
  if (!result.success)
    throw new BuildError(`Cannot compile the executable:\n${result.logs.map(String).join("\n")}`);
  await rename(unfinished, outfile);
}

/** Returns the path of the pinned Bun that the executable for another machine contains. */
async function targetBun(target: Target): Promise<string> {
  const pin = (await readPins())["bun"]?.packages.find(
    ({ platform }) => platform === target.bunPlatform,
  );
  if (!pin)
    throw new BuildError(`Cannot build for ${target.name}: vendor/pins.json has no Bun for it`);
  const folder = join(buildFolder, `bun-${target.bunPlatform}`);
  await mkdir(folder, { recursive: true });
  const archive = await obtainPackage(pin);
  runTool(["tar", "-xzf", archive, "-C", folder, "--strip-components=1"], {
    failure: `Cannot unpack ${archive}`,
  });
  return join(folder, "bin", target.os === "win32" ? "bun.exe" : "bun");
}

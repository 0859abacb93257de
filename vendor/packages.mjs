// Gets a pinned package file through the client of its registry and verifies its sha256.
//
// Plain JavaScript, because the bootstrap runs it with Node before Bun is installed.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

/**
 * One file of a package registry.
 * @typedef {object} PackagePin
 * @property {"npm" | "pypi" | "cargo"} registry
 * @property {string} package
 * @property {string} version
 * @property {string} file name of the file that the registry's client writes
 * @property {string} sha256
 * @property {string} [platform] only for this platform
 * @property {string} [wheel] PyPI: platform tag of a wheel that is for one platform
 *
 * A third-party part that the build needs. It consists of one or more package files.
 * @typedef {object} Pin
 * @property {string} version
 * @property {string} license SPDX identifier
 * @property {string} homepage
 * @property {string} [hub] Hugging Face repository with the same weights
 * @property {string} [root] folder inside the archive that the build uses
 * @property {string[]} [only] files and folders of the archive to unpack; absent: all
 * @property {Record<string, string>} [contains] sha256 of files in the packages; of joined files if they are split
 * @property {Record<string, string>} [makes] sha256 of files that the build generates from this part
 * @property {PackagePin[]} packages
 */

/** An error that the developer can fix. Only its message is printed. */
export class BuildError extends Error {}

/** This machine lacks a tool that a build for another platform needs. The message names the tool. */
export class MissingToolError extends BuildError {
  /** Exit code of the build, which test/platforms/run.ts reads. */
  static exitCode = 3;
}

export const repository = fileURLToPath(new URL("..", import.meta.url));
export const buildFolder = join(repository, ".build");

/**
 * Folder of package files. With OPEN_ASR_VENDOR_DIR, one machine can fill it for another machine without a network.
 */
export const packageFolder = process.env.OPEN_ASR_VENDOR_DIR ?? join(buildFolder, "downloads");

/** @returns {Promise<Record<string, Pin>>} */
export async function readPins() {
  return JSON.parse(await readFile(join(repository, "vendor", "pins.json"), "utf8"));
}

/**
 * Prints the title of a step, runs it, and prints how long it took.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  console.error(`- ${title} ...`);
  const result = await work();
  console.error(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Returns the path of a verified package file. Fetches the file if the package folder does not contain it.
 * @param {PackagePin} pin
 * @returns {Promise<string>}
 */
export async function obtainPackage(pin) {
  const path = join(packageFolder, pin.file);
  if (!existsSync(path))
    await step(`fetching ${pin.package} ${pin.version}`, () => download(pin, path));
  const sha256 = await sha256OfFile(path);
  if (sha256 !== pin.sha256) {
    throw new BuildError(
      `Cannot use ${path}: its sha256 is ${sha256}, vendor/pins.json expects ${pin.sha256}; delete the file and try again`,
    );
  }
  return path;
}

/** @param {string} path */
export async function sha256OfFile(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/**
 * Runs a program until it ends. After a failure, prints the failure message and then the end of the program's output.
 * With `log`, writes the output to this file instead: for programs whose output does not help the developer.
 * @param {string[]} command
 * @param {{ cwd?: string, failure: string, log?: string }} options
 */
export function runTool([program = "", ...args], { cwd, failure, log }) {
  const options = { cwd, encoding: /** @type {const} */ ("utf8"), maxBuffer: 256 << 20 };
  const result = spawnSync(program, args, options);
  if (result.error) throw new BuildError(`${failure} (${result.error.message})`);
  if (result.status === 0) return result.stdout;
  const output = (result.stdout + result.stderr).trimEnd();
  if (!log) throw new BuildError(`${failure}\n${output.split("\n").slice(-40).join("\n")}`);
  mkdirSync(buildFolder, { recursive: true });
  writeFileSync(join(buildFolder, log), output);
  throw new BuildError(`${failure} (details: .build/${log})`);
}

/** The command of Python 3 on this machine, if it is installed. */
export function findPython() {
  return ["python3", "python"].find(
    (name) => spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3,))"]).status === 0,
  );
}

// --- internal ---

/**
 * @param {PackagePin} pin
 * @param {string} path
 */
function download(pin, path) {
  mkdirSync(packageFolder, { recursive: true });
  const folder = mkdtempSync(join(packageFolder, ".fetching-"));
  try {
    runTool(clients[pin.registry](pin, folder), {
      failure:
        `Cannot fetch ${pin.package} ${pin.version} from ${registryNames[pin.registry]}: ` +
        `connect this machine to the network, or set OPEN_ASR_VENDOR_DIR to a folder that holds ${pin.file}`,
      log: "fetch.log",
    });
    if (pin.registry === "cargo") copyFileSync(findCrate(pin), join(folder, pin.file));
    renameSync(join(folder, pin.file), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const registryNames = { npm: "the npm registry", pypi: "PyPI", cargo: "crates.io" };

/** @type {Record<PackagePin["registry"], (pin: PackagePin, folder: string) => string[]>} */
const clients = {
  npm: ({ package: name, version }, folder) => [
    ...npmProgram(),
    "pack",
    `${name}@${version}`,
    `--pack-destination=${folder}`,
    "--ignore-scripts",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=3000",
  ],
  pypi: ({ package: name, version, wheel }, folder) => [
    findPython() ?? "python3",
    "-m",
    "pip",
    "download",
    "--disable-pip-version-check",
    "--retries=2",
    "--no-deps",
    "--only-binary=:all:",
    `--dest=${folder}`,
    // Any Python version is sufficient, because the build does not use the extension modules.
    ...(wheel ? [`--platform=${wheel}`, "--implementation=cp", "--python-version=311"] : []),
    `${name}==${version}`,
  ],
  // To show the description of a crate, this command downloads the crate, but not its dependencies.
  cargo: ({ package: name, version }) => ["cargo", "info", `${name}@${version}`],
};

/**
 * Finds the archive of a crate in Cargo's cache.
 * @param {PackagePin} pin
 */
function findCrate({ file }) {
  const cache = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry", "cache");
  const found = readdirSync(cache)
    .map((registry) => join(cache, registry, file))
    .find((path) => existsSync(path));
  if (!found)
    throw new BuildError(`Cannot find ${file} in ${cache}, Cargo's folder for downloaded crates`);
  return found;
}

// Finds npm's script. On Windows, npm can only be started through Node or a shell.
function npmProgram() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script?.endsWith(".js") && node ? [node, script] : ["npm"];
}

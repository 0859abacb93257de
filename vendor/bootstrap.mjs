// From a fresh clone to a running program: pinned Bun -> packages -> build.ts -> the executable or a script.
// Usage: node vendor/bootstrap.mjs start [serve options] | build [build.ts options] | run SCRIPT [options]

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import {
  BuildError,
  buildFolder,
  findPython,
  obtainPackage,
  packageFolder,
  readPins,
  repository,
  runTool,
  step,
} from "./packages.mjs";

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** @param {string[]} args */
async function main([verb, ...args]) {
  Object.assign(process.env, toolEnvironment());
  const executable = join(repository, "dist", windows("open-asr-server"));
  if (!existsSync(executable)) requireTools();
  const bun = await installBun();
  await installPackages(bun);
  switch (verb) {
    case "start":
      return (
        (await run(bun, ["build.ts", "all"])) ||
        run(executable, ["serve", "--port", "8000", ...args])
      );
    case "build":
      return run(bun, ["build.ts", ...(args.length > 0 ? args : ["all"])]);
    case "run":
      return (await run(bun, ["build.ts", "all"])) || run(bun, args);
    default:
      throw new BuildError(`Unknown verb "${verb}": expected start, build or run`);
  }
}

// --- internal ---

function requireTools() {
  const works = (/** @type {string} */ program, args = ["--version"]) =>
    spawnSync(program, args).status === 0;
  const python = findPython();
  const missing = [
    !works("cmake") && "CMake is missing: install cmake 3.18 or newer",
    !["c++", "g++", "clang++", "cl"].some((name) =>
      works(name, name === "cl" ? [] : ["--version"]),
    ) &&
      "A C++ compiler is missing: install g++ or clang++ (macOS: xcode-select --install; Windows: Visual Studio Build Tools)",
    !works("cargo") && "Cargo is missing: install Rust with rustup",
    !python && "Python 3 is missing: install python3",
    python && !works(python, ["-m", "pip", "--version"]) && "pip is missing: install python3-pip",
  ].filter((line) => typeof line === "string");
  if (missing.length > 0) throw new BuildError(missing.join("\n"));
}

async function installBun() {
  const { bun } = await readPins();
  const platform = bunPlatform();
  const pin = bun?.packages.find((candidate) => candidate.platform === platform);
  if (!pin)
    throw new BuildError(
      `Cannot build on ${platform}: vendor/pins.json has no Bun for this platform`,
    );
  const folder = join(buildFolder, "bun");
  await onceFor(pin.sha256, join(folder, "stamp"), async () => {
    const file = await obtainPackage(pin);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    runTool(["tar", "-xzf", file, "-C", folder, "--strip-components=1"], {
      failure: `Cannot unpack ${file}`,
    });
  });
  return join(folder, "bin", windows("bun"));
}

function bunPlatform() {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const cpuinfo = "/proc/cpuinfo";
  const baseline =
    process.arch === "x64" &&
    existsSync(cpuinfo) &&
    !readFileSync(cpuinfo, "utf8").includes("avx2");
  return `${os}-${process.arch}${baseline ? "-baseline" : ""}`;
}

/** @param {string} bun */
async function installPackages(bun) {
  const hash = createHash("sha256");
  for (const name of ["package.json", "bun.lock"])
    hash.update(readFileSync(join(repository, name)));
  await onceFor(hash.digest("hex"), join(repository, "node_modules", ".open-asr-stamp"), () =>
    step("installing the packages of bun.lock", () =>
      runTool([bun, "install", "--frozen-lockfile"], {
        cwd: repository,
        failure:
          "Cannot install the packages of bun.lock: connect this machine to the network, " +
          "or set OPEN_ASR_VENDOR_DIR to a folder that a build on a connected machine has filled",
        log: "install.log",
      }),
    ),
  );
}

/**
 * Does the work. If the stamp file contains the same key, an earlier run has done the work, and this function does
 * nothing.
 * @param {string} key
 * @param {string} stamp
 * @param {() => unknown} work
 */
async function onceFor(key, stamp, work) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  await work();
  writeFileSync(stamp, key);
}

/**
 * Runs a program in the foreground and returns its exit status.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function run(program, args) {
  const child = spawn(program, args, { cwd: repository, stdio: "inherit" });
  // In a terminal, Ctrl-C also reaches the child directly. If this process forwarded the signal, the child would get it
  // twice.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]),
    );
  });
}

function toolEnvironment() {
  const path = [
    join(buildFolder, "bun", "bin"),
    join(repository, "node_modules", ".bin"),
    process.env.PATH,
  ];
  const PATH = path.join(delimiter);
  if (!process.env.OPEN_ASR_VENDOR_DIR) return { PATH };
  // The vendor folder also contains the packages of Bun and Cargo, so the build needs no network.
  return {
    PATH,
    BUN_INSTALL_CACHE_DIR: join(packageFolder, "bun"),
    CARGO_HOME: join(packageFolder, "cargo"),
  };
}

/** @param {string} name */
function windows(name) {
  return process.platform === "win32" ? `${name}.exe` : name;
}

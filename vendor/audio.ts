// Builds the audio library with Cargo.

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildVoiceActivityWeights } from "./models/silero.ts";
import { buildFolder, MissingToolError, readPins, repository, runTool } from "./packages.mjs";
import { stage } from "./stage.ts";
import { buildStep } from "./stamp.ts";
import { oldestSystem, type Target } from "./targets.ts";
import { cargoZigbuild, usesZig, zigSettings, zigTools } from "./zig.ts";

const crate = join(repository, "ffi", "audio");
const manifest = ["--locked", "--manifest-path", join(crate, "Cargo.toml")];

/** Builds the library and copies it to `output`. */
export async function buildAudio(target: Target, release: boolean, output: string): Promise<void> {
  // Creates the file with the weights. ffi/audio/build.rs reads this file.
  const weights = await buildVoiceActivityWeights();
  const withZig = usesZig(target, release);
  const zigbuild = withZig ? [(await readPins())["cargo-zigbuild"]?.packages] : [];
  await buildStep(
    {
      title: "compiling the audio library, about a minute",
      name: `audio-${target.name}${withZig ? "-zig" : ""}`,
      inputs: [
        ...["Cargo.toml", "Cargo.lock", "build.rs", "src"].map((name) => join(crate, name)),
        weights,
      ],
      settings: [...(await zigSettings(target, release)), ...zigbuild],
      outputs: [output],
    },
    async () => {
      runTool(["cargo", "fetch", ...manifest], {
        failure:
          "Cannot fetch the crates of the audio library: connect this machine to the network, " +
          "or set OPEN_ASR_VENDOR_DIR to a folder that a build on a connected machine has filled",
        log: "fetch.log",
      });
      const folder = withZig ? await compileWithZig(target) : compile();
      await stage(folder, output);
    },
  );
}

/**
 * Returns in which form a Rust installation contains the standard library for the target: compiled, or only as source.
 * Throws a MissingToolError if it contains neither.
 */
export function standardLibrary(target: Target, sysroot: string): "installed" | "source" {
  if (existsSync(join(sysroot, "lib/rustlib", target.rust, "lib"))) return "installed";
  if (existsSync(join(sysroot, sourceFolder, "library/Cargo.lock"))) return "source";
  throw new MissingToolError(advice(target));
}

// --- internal ---

/** Folder of the source of the standard library in a Rust installation. */
const sourceFolder = "lib/rustlib/src/rust";

const failure = "Cannot compile the audio library";

/** Compiles the library for this machine. Returns the folder of the library. */
function compile(): string {
  const folder = join(buildFolder, "cargo");
  const flags = `build.rustflags=[${JSON.stringify(remapCrates())}]`;
  const build = ["build", "--release", "--config", flags, "--target-dir", folder];
  runTool(["cargo", ...build, ...manifest], { failure });
  return join(folder, "release");
}

/** Compiles the library for another platform, or for an old glibc. Returns the folder of the library. */
async function compileWithZig(target: Target): Promise<string> {
  const sysroot = runTool([process.env["RUSTC"] ?? "rustc", "--print", "sysroot"], {
    failure: "Cannot find Rust",
  }).trim();
  const isInstalled = standardLibrary(target, sysroot) === "installed";
  const { zig } = await zigTools(target);
  const folder = join(buildFolder, "cargo-zig");
  const flags = [
    "-Clink-arg=-s",
    remapCrates(),
    `--remap-path-prefix=${join(sysroot, sourceFolder)}=rust`,
    ...(target.os === "win32" ? [`-Clink-arg=-L${await writeEmptyLibraries()}`] : []),
  ];
  const environment = [
    `CARGO_ZIGBUILD_ZIG_PATH=${zig}`,
    `ZIG_GLOBAL_CACHE_DIR=${join(buildFolder, "zig", "cache")}`,
    // The linker strips the library, because rustc would need its own program to strip libraries of other platforms.
    "CARGO_PROFILE_RELEASE_STRIP=false",
    `CARGO_ENCODED_RUSTFLAGS=${flags.join("\x1f")}`,
    ...(target.os === "darwin" ? [`MACOSX_DEPLOYMENT_TARGET=${oldestSystem(target)}`] : []),
    // Building the standard library from source is an unstable feature of Cargo.
    ...(isInstalled ? [] : ["RUSTC_BOOTSTRAP=1"]),
  ];
  const platform = `${target.rust}${target.os === "linux" ? `.${oldestSystem(target)}` : ""}`;
  runTool(
    [
      "env",
      ...environment,
      await cargoZigbuild(target),
      "zigbuild",
      "--release",
      "--lib",
      ...(isInstalled ? [] : ["-Zbuild-std=std,panic_unwind"]),
      "--target",
      platform,
      "--target-dir",
      folder,
      ...manifest,
    ],
    { failure },
  );
  return join(folder, target.rust, "release");
}

/**
 * Debian's Rust compiler asks for the libraries of GCC's stack protector on Windows. Zig's runtime contains their functions,
 * so empty libraries are enough. Returns their folder.
 */
async function writeEmptyLibraries(): Promise<string> {
  const folder = join(buildFolder, "zig", "empty");
  await mkdir(folder, { recursive: true });
  for (const name of ["ssp", "ssp_nonshared"])
    await writeFile(join(folder, `lib${name}.a`), "!<arch>\n");
  return folder;
}

function advice({ name, rust }: Target): string {
  return (
    `Cannot build the audio library for ${name}: Rust's standard library for ${rust} is not installed. ` +
    `Run \`rustup target add ${rust}\`, or install the source of the standard library (Debian: packages rustc-web and ` +
    "rust-web-src) and set RUSTC to that compiler"
  );
}

/** Returns the flag that removes the folders of the build machine from the file paths in panic messages. */
function remapCrates(): string {
  const cargoHome = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
  return `--remap-path-prefix=${cargoHome}/registry/src=crates`;
}

/**
 * Starts executables of other platforms on Linux x64. Each emulator gives a script that behaves like the executable, so
 * tests start it like any other executable.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zigTools } from "../../vendor/zig.ts";
import { buildFolder, repository, runTool } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";

/** A script that starts an executable, or the reason why this machine cannot start it. */
export type Emulated = { readonly script: string } | { readonly missing: string };

/** Returns the script, and prints the reason if there is none. */
export function scriptOf(name: string, emulated: Emulated): string | null {
  if ("script" in emulated) return emulated.script;
  console.error(`${name}: skipped, ${emulated.missing}`);
  return null;
}

/** Path of the executable that the build has made for a target. */
export function builtExecutable(name: string): string {
  return join(repository, "dist", name, findTarget(name).executable);
}

/** Starts the executable for linux-arm64 with QEMU's user emulation. */
export function onQemuArm64(): Emulated {
  const executable = builtExecutable("linux-arm64");
  const libraries = "/usr/aarch64-linux-gnu";
  const qemu = Bun.which("qemu-aarch64-static");
  if (!existsSync(executable)) return notBuilt(executable);
  if (qemu === null)
    return { missing: "qemu-aarch64-static (Debian: qemu-user-static) is missing" };
  if (!existsSync(join(libraries, "lib/libstdc++.so.6")))
    return { missing: `${libraries} (Debian: g++-aarch64-linux-gnu) is missing` };
  // A runner is the same executable, started by the server. The kernel must therefore know the emulator. It is
  // registered in a user namespace, so other programs do not see it.
  const magic = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
  const mask = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;
  const registration = `:qemu-aarch64:M::${magic}:${mask}:${qemu}:F`;
  const folder = "/proc/sys/fs/binfmt_misc";
  const register = `mount -t binfmt_misc none ${folder} && printf "%s" "$0" >${folder}/register && exec "$@"`;
  return checked(
    script("linux-arm64", [
      `export QEMU_LD_PREFIX=${libraries}`,
      `exec unshare -Urm sh -c '${register}' '${registration}' '${executable}' "$@"`,
    ]),
    "user namespaces with binfmt_misc need Linux 6.7 or newer",
  );
}

/** Starts the executable for windows-x64 with Wine. Creates a Wine folder in the build folder at the first call. */
export async function onWine(): Promise<Emulated> {
  const executable = builtExecutable("windows-x64");
  if (!existsSync(executable)) return notBuilt(executable);
  const wine = [Bun.which("wine64"), "/usr/lib/wine/wine64"].find(
    (path) => path && existsSync(path),
  );
  if (!wine) return { missing: "wine64 (Debian: wine64) is missing" };
  const prefix = join(buildFolder, "platforms", "wine");
  const environment = {
    WINEPREFIX: prefix,
    WINEDEBUG: "-all",
    WINEDLLOVERRIDES: "mscoree=;mshtml=;winemenubuilder.exe=;bcryptprimitives=n",
    WINESERVER: join(dirname(wine), "wineserver"),
  };
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
  const system = join(prefix, "drive_c", "windows", "system32");
  if (!existsSync(join(system, randomLibrary))) {
    mkdirSync(prefix, { recursive: true });
    runTool(
      ["env", ...Object.entries(environment).map((pair) => pair.join("=")), wine, "wineboot", "-i"],
      {
        failure: "Cannot create Wine's folder",
      },
    );
    copyFileSync(await compileRandomLibrary(), join(system, randomLibrary));
  }
  return checked(
    script("windows-x64", [...exports, `exec '${wine}' '${executable}' "$@"`]),
    "Wine does not start it",
  );
}

/** Starts the executable for linux-x64 with QEMU, with a CPU without AVX. */
export function onOldCpu(): Emulated {
  const executable = builtExecutable("linux-x64");
  const qemu = Bun.which("qemu-x86_64-static") ?? Bun.which("qemu-x86_64");
  if (!existsSync(executable)) return notBuilt(executable);
  if (qemu === null) return { missing: "qemu-x86_64 (Debian: qemu-user-static) is missing" };
  return {
    script: script("linux-x64-nehalem", [`exec '${qemu}' -cpu Nehalem '${executable}' "$@"`]),
  };
}

// --- internal ---

const randomLibrary = "bcryptprimitives.dll";

function notBuilt(executable: string): Emulated {
  return { missing: `${executable} has not been built` };
}

function script(name: string, lines: readonly string[]): string {
  const path = join(buildFolder, "platforms", `${name}.sh`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Returns the script if the executable prints its version. */
function checked(path: string, advice: string): Emulated {
  const { exitCode, stderr } = Bun.spawnSync([path, "--version"], { timeout: 120_000 });
  return exitCode === 0 ? { script: path } : { missing: `${advice}: ${stderr.toString().trim()}` };
}

/** Compiles a library of Windows that Bun needs and Wine 8 does not have. Returns its path. */
async function compileRandomLibrary(): Promise<string> {
  const { linker } = await zigTools(findTarget("windows-x64"));
  const path = join(buildFolder, "platforms", randomLibrary);
  const source = join(import.meta.dirname, "bcryptprimitives.c");
  runTool([linker, "-shared", "-O1", "-o", path, source, "-ladvapi32"], {
    failure: `Cannot compile ${randomLibrary}`,
  });
  return path;
}

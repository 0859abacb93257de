/**
 * Tests the MLX engine library for macOS arm64, as far as Linux can: the files beside it, and in the full run a build of
 * its source with Zig's compiler. Zig has its own C++ library, so this build is not the one of a release.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fetchPinned } from "../../vendor/fetch.ts";
import { fetchMlx } from "../../vendor/mlx.ts";
import { stagedLibraries } from "../../vendor/native.ts";
import { buildFolder, findPython, repository, runTool } from "../../vendor/packages.mjs";
import { findTarget, targets } from "../../vendor/targets.ts";
import { isFull } from "../full.ts";

setDefaultTimeout(900_000);

const mac = findTarget("darwin-arm64");
const scratch = mkdtempSync(join(tmpdir(), "open-asr-mlx-darwin-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test.each(targets.map(({ name }) => name))(
  "the executable for %s embeds MLX only on a Mac",
  (name) => {
    const names = stagedLibraries(findTarget(name), true).map((library) => library.name);
    expect(names.includes("mlx")).toBe(name === "darwin-arm64");
  },
);

test("on a Mac, MLX's library and its Metal kernels are in the folder of the engine library", () => {
  const mlx = stagedLibraries(mac, true).find(({ name }) => name === "mlx");
  expect(basename(mlx?.path ?? "")).toBe("libasr_mlx.dylib");
  const beside = mlx?.companions ?? [];
  // MLX looks for mlx.metallib in the folder of libmlx.dylib.
  expect(beside.map((path) => basename(path))).toEqual(["libmlx.dylib", "mlx.metallib"]);
  expect(new Set(beside.map((path) => dirname(path)))).toEqual(new Set([dirname(mlx!.path)]));
});

const canBuild = isFull && process.platform === "linux" && process.arch === "x64";

// Fetches 190 MB and compiles for minutes.
describe.skipIf(!canBuild)("the engine library for MLX on macOS arm64", () => {
  let ours: Symbols;
  let mlx: Symbols;

  test("compiles without a warning, and links", async () => {
    const { library, folder } = await compileForMac();
    ours = await symbolsOf(library);
    mlx = await symbolsOf(join(folder, "libmlx.dylib"));
    expect(statSync(join(folder, "mlx.metallib")).size).toBeGreaterThan(100e6);
  });

  test("imports only symbols that MLX exports, and symbols of the system", () => {
    const exported = new Set(mlx.exports);
    const imported = ours.imports["@rpath/libmlx.dylib"] ?? [];
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter((name) => !exported.has(name))).toEqual([]);
    // Zig knows the symbols of this library, and refuses to link others.
    expect(Object.keys(ours.imports).toSorted()).toEqual([
      "/usr/lib/libSystem.B.dylib",
      "@rpath/libmlx.dylib",
    ]);
  });

  test("exports the functions of asr.h", async () => {
    const header = await Bun.file(join(repository, "ffi/asr.h")).text();
    const declared = [...header.matchAll(/^ASR_API [^(]*?(asr_\w+)\(/gmu)].map(
      ([, name]) => `_${name}`,
    );
    expect(declared.length).toBeGreaterThan(15);
    expect(ours.exports).toEqual(expect.arrayContaining(declared));
  });

  test("needs no library besides the system's and the ones that the executable embeds", () => {
    const needed = Object.keys(mlx.imports);
    expect(needed.filter((path) => !/^\/(?:System\/Library|usr\/lib)\//u.test(path))).toEqual([]);
  });
});

// --- internal ---

interface Symbols {
  /** The imported symbols, by the library that contains them. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly exports: readonly string[];
}

/** Returns the path of the compiled library, and the folder of MLX's library. */
async function compileForMac(): Promise<{ library: string; folder: string }> {
  const zig = join(await fetchPinned("zig", findTarget().name), "ziglang/zig");
  chmodSync(zig, 0o755);
  const { folderOf } = await fetchMlx(mac);
  const folder = folderOf("libmlx.dylib", "");
  const assets = join(await fetchPinned("whisper-tokens"), "mlx_whisper/assets");
  const library = join(scratch, "libasr_mlx.dylib");
  const ffi = join(repository, "ffi");
  const caches = ["GLOBAL", "LOCAL"].map(
    (kind) => `ZIG_${kind}_CACHE_DIR=${join(buildFolder, "zig/cache")}`,
  );
  const output = runTool(
    [
      "env",
      ...caches,
      zig,
      "c++",
      "-target",
      "aarch64-macos.14.0",
      "-std=c++20",
      "-O1",
      "-shared",
      "-Wall",
      "-Wextra",
      "-Werror",
      "-fvisibility=hidden",
      "-fvisibility-inlines-hidden",
      `-I${ffi}`,
      `-I${join(ffi, "common")}`,
      "-isystem",
      join(folder, "../include"),
      `-DWHISPER_TOKENS_DIR="${assets}"`,
      join(ffi, "mlx/mlx.cpp"),
      join(folder, "libmlx.dylib"),
      "-Wl,-rpath,@loader_path",
      "-o",
      library,
    ],
    { failure: "Cannot compile the MLX engine library for macOS" },
  );
  expect(output).not.toContain("warning:");
  return { library, folder };
}

async function symbolsOf(library: string): Promise<Symbols> {
  const readers = `PYTHONPATH=${await fetchPinned("symbol-readers")}`;
  const script = join(repository, "test/mlx/macho_symbols.py");
  const output = runTool(["env", readers, findPython() ?? "python3", script, library], {
    failure: `Cannot read the symbols of ${library}`,
  });
  return JSON.parse(output) as Symbols;
}

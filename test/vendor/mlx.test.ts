/**
 * Tests the MLX engine library for macOS arm64, as far as Linux can: the files beside it, and in the full run the library
 * that Zig's compiler builds.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type MachO, readMachO } from "../../vendor/macos/macho.ts";
import { buildMlx, stagedLibraries } from "../../vendor/native.ts";
import { findTarget, targets } from "../../vendor/targets.ts";
import { declaredFunctions } from "../ffi/declared-functions.ts";
import { isFull } from "../full.ts";

setDefaultTimeout(900_000);

const mac = findTarget("darwin-arm64");

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
  let ours: MachO;
  let mlx: MachO;

  test("compiles, and links", async () => {
    const { path } = await buildMlx(mac);
    ours = readMachO(readFileSync(path));
    mlx = readMachO(readFileSync(join(dirname(path), "libmlx.dylib")));
    expect(statSync(join(dirname(path), "mlx.metallib")).size).toBeGreaterThan(100e6);
  });

  test("imports only symbols that MLX exports, and symbols of the system", () => {
    const exported = new Set(mlx.exports);
    const imported = ours.imports.filter(({ library }) => library === "@rpath/libmlx.dylib");
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter(({ symbol }) => !exported.has(symbol))).toEqual([]);
    // MLX and the engine library exchange exceptions, so both use the C++ library of the system.
    expect(ours.libraries.toSorted()).toEqual([
      "/usr/lib/libSystem.B.dylib",
      "/usr/lib/libc++.1.dylib",
      "@rpath/libmlx.dylib",
    ]);
    expect(ours.runPaths).toEqual(["@loader_path"]);
  });

  test("exports the functions of asr.h", () => {
    expect(ours.exports).toEqual(expect.arrayContaining(declaredFunctions()));
  });

  test("needs no library besides the system's and the ones that the executable embeds", () => {
    expect(mlx.libraries.length).toBeGreaterThan(3);
    expect(
      mlx.libraries.filter((path) => !/^\/(?:System\/Library|usr\/lib)\//u.test(path)),
    ).toEqual([]);
  });
});

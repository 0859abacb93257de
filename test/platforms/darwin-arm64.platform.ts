/** Inspects the executable for macOS arm64 and its libraries. Nothing runs: this machine has no macOS. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildFolder } from "../../vendor/packages.mjs";
import { fetchPinned } from "../../vendor/fetch.ts";
import { readMachO } from "../../vendor/macos/macho.ts";
import { symbolsOfTbd } from "../../vendor/macos/tbd.ts";
import { stagedLibraries } from "../../vendor/native.ts";
import { findTarget } from "../../vendor/targets.ts";
import { declaredFunctions } from "../ffi/declared-functions.ts";
import { builtExecutable } from "./emulators.ts";

setDefaultTimeout(120_000);

const target = findTarget("darwin-arm64");
const path = builtExecutable(target.name);
const libraries = stagedLibraries(target, false)
  .flatMap((library) => [library.path, ...(library.companions ?? [])])
  .filter((file) => existsSync(file) && file.endsWith(".dylib"));
const engines = libraries.filter((file) => /libasr_(?!audio)/u.test(file));
const system = "/usr/lib/libSystem.B.dylib";

if (!existsSync(path)) console.error(`darwin-arm64: skipped, ${path} has not been built`);

describe.skipIf(!existsSync(path))("darwin-arm64: the executable", () => {
  let bytes: Buffer;
  beforeAll(() => {
    bytes = readFileSync(path);
  });

  test("is an arm64 program for macOS 13 with a correct ad hoc signature", () => {
    const { kind, isArm64, oldestMacos, signature } = readMachO(bytes);
    expect({ kind, isArm64, oldestMacos }).toEqual({
      kind: "executable",
      isArm64: true,
      oldestMacos: "13.0",
    });
    expect(signature).toMatchObject({ isAdHoc: true, wrongPages: 0 });
    expect(signature?.pages).toBeGreaterThan(10_000);
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(5_000_000) ^ 1, 5_000_000);
    expect(readMachO(changed).signature).toMatchObject({ wrongPages: 1 });
  });

  test("needs only libraries of the system", () => {
    for (const library of readMachO(bytes).libraries)
      expect(library).toMatch(/^\/(usr\/lib|System\/Library)\//);
  });

  test("contains each library, and the hash of its unpacked bytes", () => {
    const index = readFileSync(join(buildFolder, "embed", "darwin-arm64.ts"), "utf8");
    expect(libraries.length).toBeGreaterThan(2);
    for (const library of libraries) {
      const packed = readFileSync(`${library}.zst`);
      const unpacked = Bun.zstdDecompressSync(packed);
      const sha256 = createHash("sha256").update(unpacked).digest("hex");
      expect([library, bytes.includes(packed)]).toEqual([library, true]);
      expect(index).toContain(`sha256: "${sha256}"`);
      expect(bytes.includes(sha256)).toBe(true);
    }
  });
});

describe.skipIf(libraries.length === 0)("darwin-arm64: the libraries", () => {
  test.each(libraries)("%s is signed, for arm64, and no newer than macOS 14", (library) => {
    const { kind, isArm64, oldestMacos, signature } = readMachO(readFileSync(library));
    expect({ kind, isArm64 }).toEqual({ kind: "library", isArm64: true });
    expect(Number(oldestMacos)).toBeLessThanOrEqual(14);
    expect(signature).toMatchObject({ wrongPages: 0 });
  });

  test.each(engines)("%s exports the functions of asr.h", (library) => {
    const { exports } = readMachO(readFileSync(library));
    expect(exports).toEqual(expect.arrayContaining(declaredFunctions()));
  });

  test.each(libraries)("%s imports only symbols that its libraries export", async (library) => {
    const zig = await fetchPinned("zig", findTarget().name);
    const tbd = readFileSync(join(zig, "ziglang/lib/libc/darwin/libSystem.tbd"), "utf8");
    const known = symbolsOfTbd(tbd);
    expect(known.size).toBeGreaterThan(1000);
    const { imports, libraries: needed, runPaths } = readMachO(readFileSync(library));
    for (const name of needed) {
      const beside = /^@(?:rpath|loader_path)\/(.*)/.exec(name)?.[1];
      if (beside === undefined) {
        expect(name).toMatch(/^\/(usr\/lib|System\/Library)\//);
        continue;
      }
      if (name.startsWith("@rpath/")) expect(runPaths).toContain("@loader_path");
      const exported = new Set(readMachO(readFileSync(join(dirname(library), beside))).exports);
      const imported = imports.filter((one) => one.library === name);
      expect(imported.filter(({ symbol }) => !exported.has(symbol))).toEqual([]);
    }
    const fromSystem = imports.filter((one) => one.library === system);
    expect(fromSystem.length).toBeGreaterThan(10);
    expect(fromSystem.filter(({ symbol }) => !known.has(symbol))).toEqual([]);
  });
});

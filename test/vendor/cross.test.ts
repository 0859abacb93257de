/** Tests which libraries a machine can build for another platform, and what a build says about the others. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { standardLibrary } from "../../vendor/audio.ts";
import { lackOf, obstacleTo } from "../../vendor/cross.ts";
import { MissingToolError } from "../../vendor/packages.mjs";
import { findTarget, isThisMachine, targets } from "../../vendor/targets.ts";
import { usesZig } from "../../vendor/zig.ts";

const others = targets.filter((target) => !isThisMachine(target));

test("a machine can build every library for its own platform", () => {
  const here = findTarget();
  for (const engine of here.engines)
    expect([engine, obstacleTo(engine, here), lackOf(engine, here)]).toEqual([engine, null, null]);
  expect(usesZig(here, false)).toBe(false);
});

test("each library that only another machine can build has a reason and a remedy", () => {
  for (const target of others.filter(({ os }) => os === "win32")) {
    const obstacle = obstacleTo("ctranslate2", target) ?? "";
    expect(obstacle).toMatch(/ needs .*; run `npm run build -- native` on a machine with /);
    expect(obstacle).toContain(target.name);
  }
  for (const target of others) {
    expect(obstacleTo("whisper-cpp", target)).toBeNull();
    expect(usesZig(target, false)).toBe(true);
    expect(lackOf("whisper-cpp", target) !== null).toBe(target.os === "darwin");
  }
});

test("on another system, each engine library for macOS can be built", () => {
  for (const target of others.filter(({ os }) => os === "darwin"))
    expect(target.engines.map((engine) => obstacleTo(engine, target))).toEqual(
      target.engines.map(() => null),
    );
});

test("the standard library of Rust is compiled, or source, or the error names the command that installs it", () => {
  const target = findTarget("linux-arm64");
  const folder = mkdtempSync(join(tmpdir(), "open-asr-rust-"));
  const make = (path: string) => mkdirSync(join(folder, "lib/rustlib", path), { recursive: true });
  try {
    make("x86_64-unknown-linux-gnu/lib");
    const find = () => standardLibrary(target, folder);
    expect(find).toThrow(MissingToolError);
    expect(find).toThrow("Run `rustup target add aarch64-unknown-linux-gnu`");
    make("src/rust/library");
    writeFileSync(join(folder, "lib/rustlib/src/rust/library/Cargo.lock"), "");
    expect(find()).toBe("source");
    make("aarch64-unknown-linux-gnu/lib");
    expect(find()).toBe("installed");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasLibrary, linkerPaths } from "../../src/platform/system-libraries.ts";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-server-linker-"))));
afterAll(() => rmSync(folder, { recursive: true }));

test("hasLibrary() finds a library in the linker's cache or in a library folder", () => {
  const cacheFile = join(folder, "cache");
  writeFileSync(cacheFile, "glibc-ld.so.cache1.1\0/opt/lib/libfound.so.6\0/lib/libother.so.1\0");
  const libraries = join(folder, "libraries");
  mkdirSync(join(libraries, "libfolder.so"), { recursive: true });
  writeFileSync(join(libraries, "libplaced.so.2"), "");
  const places = { cacheFile, folders: [join(folder, "absent"), libraries] };
  for (const name of ["libfound.so.6", "libother.so.1", "libplaced.so.2"])
    expect([name, hasLibrary(name, places)]).toEqual([name, true]);
  for (const name of ["libfound.so", "found.so.6", "libfolder.so", "libplaced.so"])
    expect([name, hasLibrary(name, places)]).toEqual([name, false]);
  const nothing = { cacheFile: join(folder, "absent"), folders: [] };
  expect(hasLibrary("libfound.so.6", nothing)).toBe(false);
});

test("linkerPaths() puts the search path of the environment first", () => {
  expect(linkerPaths("/a:/b::").folders.slice(0, 2)).toEqual(["/a", "/b"]);
  expect(linkerPaths("").folders[0]).toBe("/lib64");
});

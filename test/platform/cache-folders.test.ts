import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolders } from "../../src/platform/cache-folders.ts";

const shared = join(tmpdir(), `open-asr-server-${process.getuid?.() ?? "user"}`);

test("cacheFolders() returns the system's cache folder, then the temporary folder", () => {
  expect(cacheFolders({ XDG_CACHE_HOME: "/xdg" }, "linux")).toEqual([
    "/xdg/open-asr-server",
    shared,
  ]);
  expect(cacheFolders({ LOCALAPPDATA: "/local" }, "win32")).toEqual([
    "/local/open-asr-server",
    shared,
  ]);
  expect(cacheFolders({}, "darwin")[0]).toEndWith("/Library/Caches/open-asr-server");
  expect(cacheFolders({}, "linux")[0]).toEndWith("/.cache/open-asr-server");
});

test("cacheFolders() returns only the temporary folder if the user's folder is unknown", () => {
  expect(cacheFolders({}, "win32")).toEqual([shared]);
});

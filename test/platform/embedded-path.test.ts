/** Tests which paths are files inside the executable. */
import { expect, test } from "bun:test";
import { isEmbeddedPath } from "../../src/platform/embedded-path.ts";

test.each(["B:/~BUN/root/model.bin", "B:\\~BUN\\root\\model.bin", "B:\\~BUN/root/main.js"])(
  "%s is inside an executable on Windows only",
  (path) => {
    expect(isEmbeddedPath(path, "win32")).toBe(true);
    expect(isEmbeddedPath(path, "linux")).toBe(false);
  },
);

test("a path of /$bunfs is inside an executable on the other platforms", () => {
  expect(isEmbeddedPath("/$bunfs/root/model.bin", "linux")).toBe(true);
  expect(isEmbeddedPath("/$bunfs/root/model.bin", "darwin")).toBe(true);
  expect(isEmbeddedPath("/$bunfs/root/model.bin", "win32")).toBe(false);
  expect(isEmbeddedPath("/home/$bunfs/model.bin", "linux")).toBe(false);
});

/** Tests that folders and files that another user could change are rejected. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTrustedFile, requireTrustedPath } from "../../src/platform/folder-trust.ts";
import { isWindows } from "../windows.ts";

const isRoot = process.getuid?.() === 0;
const stranger = 54_321;

let scratch: string;
beforeAll(() => (scratch = mkdtempSync(join(tmpdir(), "open-asr-server-trust-"))));
afterAll(() => rmSync(scratch, { recursive: true }));

let made = 0;
function makeFolders(...names: string[]): string[] {
  const root = join(scratch, String(++made));
  mkdirSync(root, { mode: 0o700 });
  const paths = names.map((_, index) => join(root, ...names.slice(0, index + 1)));
  for (const path of paths) mkdirSync(path, { mode: 0o700 });
  return [root, ...paths];
}

describe.skipIf(isWindows)("requireTrustedPath()", () => {
  test("accepts a private folder, also below a sticky folder", () => {
    const [root = "", , cache = ""] = makeFolders("a", "cache");
    requireTrustedPath(cache);
    chmodSync(root, 0o1777);
    requireTrustedPath(cache);
  });

  test.each([0o777, 0o770, 0o707, 0o702])("rejects a path below a folder of mode %o", (mode) => {
    const [root = "", , cache = ""] = makeFolders("a", "cache");
    chmodSync(root, mode);
    expect(() => requireTrustedPath(cache)).toThrow(
      `${root} belongs to another user, or another user can write to it`,
    );
  });

  test("checks both the folder that contains a symbolic link and the target of the link", () => {
    const [open = "", , target = ""] = makeFolders("a", "target");
    const [linkRoot = "", links = ""] = makeFolders("links");
    const link = join(links, "link");
    symlinkSync("../../" + target.slice(scratch.length + 1), link);
    requireTrustedPath(link);
    chmodSync(linkRoot, 0o777);
    expect(() => requireTrustedPath(link)).toThrow(`${linkRoot} belongs to`);
    chmodSync(linkRoot, 0o700);
    chmodSync(open, 0o777);
    expect(() => requireTrustedPath(link)).toThrow(`${open} belongs to`);
  });

  test("rejects symbolic links in a circle, and a missing path", () => {
    const [root = ""] = makeFolders();
    symlinkSync("b", join(root, "a"));
    symlinkSync("a", join(root, "b"));
    expect(() => requireTrustedPath(join(root, "a"))).toThrow("has more than 40 symbolic links");
    expect(() => requireTrustedPath(join(root, "absent"))).toThrow("ENOENT");
  });

  test.skipIf(!isRoot)("rejects a folder or a symbolic link of another user", () => {
    const [root = "", own = "", cache = ""] = makeFolders("a", "cache");
    chownSync(own, stranger, stranger);
    expect(() => requireTrustedPath(cache)).toThrow(`${own} belongs to`);
    chownSync(own, 0, 0);
    // The folder gets the sticky bit. Any user can create a link in such a folder, so the owner of a link must be
    // checked, too.
    chmodSync(root, 0o1777);
    const link = join(root, "link");
    symlinkSync(cache, link);
    requireTrustedPath(link);
    lchownSync(link, stranger, stranger);
    expect(() => requireTrustedPath(link)).toThrow(`${link} belongs to`);
  });
});

test.skipIf(isWindows)(
  "requireTrustedFile() accepts regular files that others cannot write to",
  () => {
    const [root = ""] = makeFolders();
    const file = join(root, "file");
    writeFileSync(file, "", { mode: 0o700 });
    requireTrustedFile(file);
    const link = join(root, "link");
    symlinkSync(file, link);
    expect(() => requireTrustedFile(link)).toThrow("is not a regular file");
    chmodSync(file, 0o720);
    expect(() => requireTrustedFile(file)).toThrow("another user can write to it");
    chmodSync(file, 0o700);
    if (!isRoot) return;
    chownSync(file, stranger, stranger);
    expect(() => requireTrustedFile(file)).toThrow("belongs to");
  },
);

/** Tests file names that contain any bytes, as strings and on a terminal. */
import { expect, test } from "bun:test";
import {
  extensionOf,
  joinPath,
  nameOf,
  parentOf,
  pathFromBytes,
  shownPath,
  systemPath,
  withoutExtension,
} from "../../src/cli/file-names.ts";

test("a lone surrogate becomes the byte that is not UTF-8; all other text becomes UTF-8", () => {
  expect(systemPath("d\udcffr/😀caf\udce9é.flac")).toEqual(
    Buffer.concat([
      Buffer.from("d"),
      Buffer.from([0xff]),
      Buffer.from("r/😀caf"),
      Buffer.from([0xe9]),
      Buffer.from("é.flac"),
    ]),
  );
  expect(systemPath("café.flac")).toBe("café.flac");
});

test("pathFromBytes() is the inverse of systemPath()", () => {
  for (const name of ["d\udcffr/😀caf\udce9é.flac", "café.flac", "\udce9"]) {
    expect(pathFromBytes(Buffer.from(systemPath(name)))).toBe(name);
  }
});

test("the parts of a path keep bytes that are not UTF-8", () => {
  expect(withoutExtension("d\udcffr/caf\udce9.b.flac")).toBe("d\udcffr/caf\udce9.b");
  expect(nameOf("d\udcffr/caf\udce9.b")).toBe("caf\udce9.b");
  expect(parentOf("d\udcffr/caf\udce9.b")).toBe("d\udcffr");
  expect(nameOf("\udce9")).toBe("\udce9");
});

test("only the file name has an extension, and a dot at its start begins no extension", () => {
  expect(withoutExtension("\udce9")).toBe("\udce9");
  expect(withoutExtension("a/.hidden")).toBe("a/.hidden");
  expect(withoutExtension("a/b.flac")).toBe("a/b");
  expect(withoutExtension("2024.06/talk")).toBe("2024.06/talk");
  expect(extensionOf("a.b/c.MP3")).toBe(".MP3");
  expect(extensionOf("a.b/c")).toBe("");
});

test("a path is the path of its folder joined with its name", () => {
  for (const path of ["a/b/c.mp3", "/c.mp3", "c.mp3", "../c.mp3"]) {
    expect(joinPath(parentOf(path), nameOf(path))).toBe(path);
  }
  expect(parentOf("a//c.mp3")).toBe("a");
  expect(joinPath("a//", "c.mp3")).toBe("a/c.mp3");
});

test("a name for display cannot control the terminal", () => {
  expect(shownPath("a\n\u001B[2J\u202Eb\udce9")).toBe("a��[2J�b�");
});

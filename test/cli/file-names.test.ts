/** Tests file names that contain any bytes, as strings and on a terminal. */
import { expect, test } from "bun:test";
import { shownPath, stemOf, systemPath } from "../../src/cli/file-names.ts";

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

test("stemOf() keeps bytes that are not UTF-8", () => {
  expect(stemOf("d\udcffr/caf\udce9.b.flac")).toBe("caf\udce9.b");
  expect(stemOf("\udce9")).toBe("\udce9");
  expect(stemOf("a/.hidden")).toBe(".hidden");
  expect(stemOf("a/b.flac")).toBe("b");
});

test("a name for display cannot control the terminal", () => {
  expect(shownPath("a\n\u001B[2J\u202Eb\udce9")).toBe("a��[2J�b�");
});

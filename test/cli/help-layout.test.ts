import { expect, test } from "bun:test";
import { block, paragraph, twoColumns } from "../../src/cli/help-layout.ts";

const plain = (text: string) => Bun.stripANSI(text).split("\n");

test("twoColumns() puts text to the right of a short term and below a long term, within 80 columns", () => {
  const words = "one two three four five six seven eight nine ten eleven twelve";
  const rows = [
    { term: "-m, --model MODEL", paragraphs: [words, "last"] },
    { term: "--a-flag-that-is-wider-than-its-column", paragraphs: ["text"] },
    { term: "--alone", paragraphs: [""] },
  ];
  expect(plain(twoColumns({ title: "Flags", rows }))).toEqual([
    "FLAGS",
    "  -m, --model MODEL         one two three four five six seven eight nine ten",
    "                            eleven twelve",
    "                            last",
    "  --a-flag-that-is-wider-than-its-column",
    "                            text",
    "  --alone",
  ]);
});

test("paragraph() wraps at 80 columns, block() only indents its lines", () => {
  const lines = plain(paragraph("word ".repeat(40).trim()));
  expect(lines.map(({ length }) => length)).toEqual([79, 79, 39]);
  expect(plain(block("Usage", ["a", "", "b"]))).toEqual(["USAGE", "  a", "", "  b"]);
});

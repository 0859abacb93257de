import { expect, test } from "bun:test";
import { bold, entry, paragraph, roff, verbatim } from "../../src/cli/manual/roff.ts";

test("characters that roff interprets are escaped", () => {
  expect(roff(String.raw`--a \n "b" 'c' ~/d`)).toBe(
    String.raw`\-\-a \en \(dqb\(dq \(aqc\(aq \(ti/d`,
  );
  expect(bold("-a")).toBe(String.raw`\fB\-a\fR`);
});

test("no line of text starts with a macro, also not after it is wrapped", () => {
  const text = `${"x".repeat(79)} .br and ${"y".repeat(75)} .fi`;
  for (const lines of [paragraph(text), entry(".term", [text, ".x"]), verbatim([".PP", "x"])]) {
    expect(lines).toMatch(/^\\&\./mu);
    const macros = lines.split("\n").filter((line) => line.startsWith("."));
    expect(macros.filter((line) => !/^\.(?:PP|TP|br|nf|fi|in(?: \+4n)?)$/u.test(line))).toEqual([]);
  }
  expect(paragraph(text).split("\n")).toHaveLength(4);
});

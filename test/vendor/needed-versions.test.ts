/** Tests the reader of library versions, and that the documents name the versions of the table of targets. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { oldestSystem, targets } from "../../vendor/targets.ts";
import { isNewer, neededVersions } from "../platforms/elf.ts";

test("neededVersions() returns the newest version of each kind that a file needs", () => {
  const text = `
Version definition section '.gnu.version_d' contains 2 entries:
  000000: Rev: 1  Flags: BASE  Index: 1  Cnt: 1  Name: libown.so.1
Version needs section '.gnu.version_r' contains 2 entries:
 Addr: 0x0000000000000f58  Offset: 0x000f58  Link: 4 (.dynstr)
  000000: Version: 1  File: libc.so.6  Cnt: 2
  0x0010:   Name: GLIBC_2.4  Flags: none  Version: 7
  0x0020:   Name: GLIBC_2.27  Flags: none  Version: 6
  0x0030: Version: 1  File: libstdc++.so.6  Cnt: 2
  0x0040:   Name: GLIBCXX_3.4.9  Flags: none  Version: 5
  0x0050:   Name: GLIBCXX_3.4.26  Flags: none  Version: 4
`;
  expect(neededVersions(text)).toEqual({ GLIBC: "2.27", GLIBCXX: "3.4.26" });
});

test("isNewer() compares numbers, not texts", () => {
  expect(isNewer("2.31", "2.4")).toBe(true);
  expect(isNewer("2.4", "2.31")).toBe(false);
  expect(isNewer("2.31", "2.31")).toBe(false);
  expect(isNewer("3.4.26", "3.4.9")).toBe(true);
});

test.each(["README.md", "docs/platforms.md"])("%s names the oldest glibc and libstdc++", (page) => {
  const text = readFileSync(join(import.meta.dir, "../..", page), "utf8").replaceAll(/\s+/g, " ");
  const linux = targets.filter(({ os }) => os === "linux");
  for (const target of linux) expect(text).toContain(`glibc ${oldestSystem(target)}`);
  expect(text).toContain("GLIBCXX_3.4.26");
});

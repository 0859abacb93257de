/** Tests which versions of the system's libraries the libraries for Linux need. */
import { expect, test } from "bun:test";
import type { StagedLibrary } from "../../vendor/native.ts";
import { oldestSystem, type Target } from "../../vendor/targets.ts";
import { isNewer, versionsOfFiles } from "./elf.ts";

export function testVersions(target: Target, libraries: readonly StagedLibrary[]): void {
  test.skipIf(libraries.length === 0)(
    `no library for ${target.name} needs a newer glibc than the table of targets says`,
    () => {
      const files = libraries.flatMap(({ path, companions = [] }) => [path, ...companions]);
      const { GLIBC = "", GLIBCXX = "" } = versionsOfFiles(files);
      const claimed = oldestSystem(target);
      expect([GLIBC, isNewer(GLIBC, claimed)]).toEqual([GLIBC, false]);
      // GCC 9 and newer have this version.
      expect([GLIBCXX, isNewer(GLIBCXX, "3.4.26")]).toEqual([GLIBCXX, false]);
      const ours = libraries.filter(({ name }) => name !== "ctranslate2").map(({ path }) => path);
      expect(versionsOfFiles(ours)).not.toHaveProperty("GLIBCXX");
    },
  );
}

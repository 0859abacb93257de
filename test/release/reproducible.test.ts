/** Tests that a build in another folder gives the same executable. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256OfFile } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";
import { executable } from "../e2e/executable.ts";
import { finished } from "../finished.ts";
import { isFull } from "../full.ts";
import { isWindows } from "../windows.ts";
import { copySources, shareBuilt } from "./checkout.ts";

setDefaultTimeout(2 * 60 * 60 * 1000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-a-folder-with-another-name-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Compiles all engines, which takes several minutes of CPU time.
test.skipIf(!isFull || isWindows)(
  "a build in another folder gives the same executable",
  async () => {
    copySources(folder);
    // Only the downloaded packages are shared. They are verified by their hashes.
    shareBuilt(folder, ["downloads"]);
    const build = Bun.spawn(["npm", "run", "--silent", "build"], {
      cwd: folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const { stderr, code } = await finished(build);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(await sha256OfFile(join(folder, "dist", findTarget().executable))).toBe(
      await sha256OfFile(executable),
    );
  },
);

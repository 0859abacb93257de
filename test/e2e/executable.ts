/** The executable under test, and a folder for everything that one test writes. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTarget } from "../../vendor/targets.ts";
import { isWindows } from "../windows.ts";

export const repository = join(import.meta.dir, "../..");
export const executable = join(repository, "dist", findTarget().executable);

if (!existsSync(executable)) {
  throw new Error(`There is no ${executable}: run \`npm run build\` first`);
}

export interface Scratch extends Disposable {
  readonly folder: string;
  readonly spoolFolder: string;
  /** The whole environment of the process: it inherits no variable from the shell that runs the tests. */
  readonly environment: Readonly<Record<string, string>>;
}

export function openScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-e2e-"));
  const spoolFolder = join(folder, "spool");
  mkdirSync(spoolFolder);
  return {
    folder,
    spoolFolder,
    environment: {
      ...neededVariables,
      OPEN_ASR_SERVER_CACHE_DIR: join(folder, "cache"),
      OPEN_ASR_SERVER_SPOOL_DIR: spoolFolder,
      HF_HUB_CACHE: join(folder, "hub"),
      // No test reaches the real hub; a test with a hub of its own clears this.
      HF_HUB_OFFLINE: "1",
    },
    // Windows keeps the open files of a process locked for a moment after the process has ended.
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }),
  };
}

// --- internal ---

/** Windows starts no program without this variable. */
const neededVariables: Readonly<Record<string, string>> = isWindows
  ? { SystemRoot: process.env["SystemRoot"] ?? "C:\\Windows" }
  : {};

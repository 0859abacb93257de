/** Provides the executable under test, and a folder for all files that one test writes. */
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
  /** Complete environment of the process. The process inherits no variable from the shell that runs the tests. */
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
      // Prevents downloads from the real hub. A test with a hub of its own removes this variable.
      HF_HUB_OFFLINE: "1",
    },
    // Several attempts are needed, because Windows keeps files locked for a moment after the process that opened them
    // has ended.
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }),
  };
}

// --- internal ---

/**
 * Variables that every process gets. Windows cannot start a program without SystemRoot. OPEN_ASR_DEVICE keeps the tests
 * away from a GPU that does not work (.github/workflows/ci.yml).
 */
const neededVariables: Readonly<Record<string, string>> = {
  ...(isWindows && { SystemRoot: process.env["SystemRoot"] ?? "C:\\Windows" }),
  ...(process.env["OPEN_ASR_DEVICE"] === "cpu" && { OPEN_ASR_DEVICE: "cpu" }),
};

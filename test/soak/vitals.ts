/** What the server has in memory and open while it works, from /proc: elsewhere than on Linux, nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf } from "../e2e/processes.ts";

export interface Vitals {
  readonly serverBytes: number;
  readonly runnerBytes: number;
  /** File descriptors of the server itself. */
  readonly openFiles: number;
}

export function vitalsOf(pid: number): Vitals {
  return {
    serverBytes: residentBytes(pid),
    runnerBytes: childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), 0),
    openFiles: countOpenFiles(pid),
  };
}

/** Looks every few seconds until the signal is aborted. */
export async function watch(pid: number, signal: AbortSignal): Promise<Vitals[]> {
  const seen: Vitals[] = [];
  while (!signal.aborted) {
    seen.push(vitalsOf(pid));
    await Bun.sleep(everyMs);
  }
  return seen;
}

// --- internal ---

const everyMs = 2000;

/** 0 when the process has just ended. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s*(\d+) kB/mu.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function countOpenFiles(pid: number): number {
  return process.platform === "linux" ? readdirSync(`/proc/${pid}/fd`).length : 0;
}

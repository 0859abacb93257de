/**
 * Measures memory and open files of the server and its runner from /proc. On systems other than Linux, there are no
 * measurements.
 */
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf } from "../e2e/processes.ts";

export interface ProcessVitals {
  readonly pid: number;
  readonly bytes: number;
  /** Number of open file descriptors. */
  readonly openFiles: number;
}

export interface Vitals {
  readonly server: ProcessVitals;
  /** Measurements of the runner. Null between the end of a runner and the start of the next runner. */
  readonly runner: ProcessVitals | null;
}

export function vitalsOf(pid: number): Vitals {
  const [runner] = childrenOf(pid);
  return {
    server: processVitals(pid) ?? { pid, bytes: 0, openFiles: 0 },
    runner: runner === undefined ? null : processVitals(runner),
  };
}

/** Measures every two seconds until the signal is aborted. Returns the measurements. */
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

/** Returns the measurements of a process. Null if the process has just ended. */
function processVitals(pid: number): ProcessVitals | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmRSS:\s*(\d+) kB/mu.exec(status)?.[1];
    if (kilobytes === undefined) return null;
    const openFiles = readdirSync(`/proc/${pid}/fd`).length;
    return { pid, bytes: Number(kilobytes) * 1024, openFiles };
  } catch {
    return null;
  }
}

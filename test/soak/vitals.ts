/** What the server and its runner have in memory and open while they work, from /proc: elsewhere than on Linux, nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf } from "../e2e/processes.ts";

export interface ProcessVitals {
  readonly pid: number;
  readonly bytes: number;
  /** File descriptors. */
  readonly openFiles: number;
}

export interface Vitals {
  readonly server: ProcessVitals;
  /** Null between the death of one and the start of the next. */
  readonly runner: ProcessVitals | null;
}

export function vitalsOf(pid: number): Vitals {
  const [runner] = childrenOf(pid);
  return {
    server: processVitals(pid) ?? { pid, bytes: 0, openFiles: 0 },
    runner: runner === undefined ? null : processVitals(runner),
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

/** Null when it has just ended. */
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

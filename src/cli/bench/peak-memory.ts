/** Measures the peak memory of a runner process while the benchmark runs. */
import { readFileSync } from "node:fs";
import type { RunnerEntry } from "../../jobs/job.ts";

const everyMs = 250;

export class PeakMemory implements Disposable {
  readonly #runner: () => RunnerEntry | undefined;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(runner: () => RunnerEntry | undefined) {
    this.#runner = runner;
    this.#timer = setInterval(() => this.#measure(), everyMs);
  }

  /** Highest resident memory of the runner process so far, in bytes. */
  get bytes(): number {
    this.#measure();
    return this.#bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { pid = null, residentBytes = 0 } = this.#runner() ?? {};
    const peak = pid === null ? null : systemPeak(pid);
    this.#bytes = Math.max(this.#bytes, peak ?? residentBytes);
  }
}

// --- internal ---

/**
 * Returns the peak memory that Linux records for the process, in bytes. Null on other systems; the caller then uses the
 * memory that the runner process reports.
 */
function systemPeak(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Adds up the time that each stage took over all files (--profile), and formats it as a table. */
import { addWork, noWork, type Work, workStages } from "../../ipc/work.ts";

export class Profile {
  /** Time of each file so far, by the number of the file. */
  readonly #files = new Map<number, Work>();

  /** Records the time of a file so far. A later call for the same file replaces an earlier one. */
  set(index: number, work: Work): void {
    this.#files.set(index, work);
  }

  /** Returns a table with one line per stage. */
  text(): string {
    const work = [...this.#files.values()].reduce(addWork, noWork);
    const total = workStages.reduce((sum, stage) => sum + work[stage], 0);
    const rows = workStages.map((stage) => row(stage, work[stage], total));
    return [line("stage", "seconds", "share"), ...rows, row("sum", total, total)].join("\n");
  }
}

// --- internal ---

function row(name: string, seconds: number, total: number): string {
  const share = total === 0 ? 0 : (100 * seconds) / total;
  return line(name, seconds.toFixed(3), `${share.toFixed(1)} %`);
}

function line(name: string, seconds: string, share: string): string {
  return `${name.padEnd(10)}${seconds.padStart(12)}${share.padStart(10)}`;
}

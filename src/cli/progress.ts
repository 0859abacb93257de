/** Shows the progress as one line on standard error, but only when standard error is a terminal. */
import type { Progress } from "../ipc/options.ts";

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressLine {
  readonly #terminal: Terminal;
  #isShown = false;

  constructor(terminal: Terminal = process.stderr) {
    this.#terminal = terminal;
  }

  show(label: string, { doneS, totalS }: Progress): void {
    if (this.#terminal.isTTY !== true) return;
    const share = totalS === null || totalS === 0 ? 0 : Math.min(1, doneS / totalS);
    const full = Math.round(share * barWidth);
    const bar = "#".repeat(full) + "-".repeat(barWidth - full);
    const times = `${doneS.toFixed(0)} s of ${totalS === null ? "?" : totalS.toFixed(0)} s`;
    this.#terminal.write(`${clearLine}${bar} ${label} ${times}`);
    this.#isShown = true;
  }

  /** Removes the line, so that other output can be printed. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(clearLine);
    this.#isShown = false;
  }
}

// --- internal ---

const barWidth = 30;
const clearLine = "\r\u001B[K";

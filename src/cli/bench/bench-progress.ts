/**
 * Shows the progress of a benchmark on standard error. On a terminal, updates a single line. On any other output,
 * prints a line for each step.
 */
import { StatusLine } from "../status-line.ts";
import { standardError } from "../../platform/standard-error.ts";

const updateMs = 200;

interface BenchSize {
  readonly count: number;
  /** Time in seconds that the measurements of a model are expected to take. */
  readonly seconds: number;
}

export class BenchProgress {
  readonly #size: BenchSize;
  #line = new StatusLine(standardError);
  #timer: NodeJS.Timeout | undefined;
  #number = 0;

  constructor(size: BenchSize) {
    this.#size = size;
  }

  /**
   * Starts to show the progress of the next model. Returns a function that the caller calls at the start of each step,
   * with the name of the step.
   */
  begin(model: string): (step: string) => void {
    const { count, seconds } = this.#size;
    const counter = `${++this.#number} of ${count}`;
    const startMs = performance.now();
    let current = "";
    const show = (): void => {
      const spentS = (performance.now() - startMs) / 1000;
      const leftS = Math.ceil(seconds - spentS);
      const left = leftS > 0 ? `${leftS} s left` : "finishing";
      this.#line.show({
        counter,
        share: spentS / seconds,
        name: model,
        facts: [`${current}, ${left}`, current, ""],
      });
    };
    this.#timer = setInterval(show, updateMs);
    return (step) => {
      current = step;
      if (this.#line.isAllowed) show();
      else standardError.write(`open-asr-server: bench ${counter}, ${model}: ${step}\n`);
    };
  }

  /** Removes the progress line. After an interruption with Ctrl-C, also removes the "^C" that the terminal printed. */
  end(isInterrupted: boolean): void {
    clearInterval(this.#timer);
    if (isInterrupted) this.#line.close(true);
    else this.#line.clear();
  }
}

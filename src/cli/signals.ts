/**
 * Handles the signals that stop a command. After the first signal, the command can end its work in order. A second
 * signal ends the process immediately.
 */
import { type ExitCode, exitCodes } from "./exit-codes.ts";

/** Listens for stop signals. The first stop signal aborts `signal`. */
export class Interruption {
  readonly #controller = new AbortController();
  /** Resolves after the first stop signal. The value is the exit code of the command. */
  readonly exitCode: Promise<ExitCode>;

  constructor() {
    this.exitCode = stopSignal().then((signal) => {
      this.#controller.abort();
      return exitCodeOf[signal];
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}

// --- internal ---

type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Maps each stop signal to the exit code of the command. */
const exitCodeOf: Readonly<Record<StopSignal, ExitCode>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
};

/** Resolves to the first signal that the process receives. A second signal ends the process. */
function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(exitCodeOf[signal]);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}

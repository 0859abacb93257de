/** Signals that end a command: the first one stops it gracefully, a second one at once. */
import { type ExitCode, exitCodes } from "./exit-codes.ts";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit code of a command that a signal ended. */
export const exitCodeOf: Readonly<Record<StopSignal, ExitCode>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
};

/** Resolves to the first signal. */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(exitCodeOf[signal]);
        asked = true;
        resolve(signal);
      });
    }
  });
}

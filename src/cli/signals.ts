/**
 * Signals that stop a command. The first signal lets the command end its work; a second signal ends the process
 * immediately.
 */
import { type ExitCode, exitCodes } from "./exit-codes.ts";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit code of a command that the signal stopped. */
export const exitCodeOf: Readonly<Record<StopSignal, ExitCode>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
};

/** Resolves to the first signal that the process receives. A second signal ends the process. */
export function stopSignal(): Promise<StopSignal> {
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

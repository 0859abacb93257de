/** Signals that end a command: the first asks it to stop, the second no longer asks. */

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Resolves to the first signal. */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        // Whoever repeats it does not want to wait; 128 and the signal's number is what shells expect.
        if (asked) process.exit(signal === "SIGINT" ? 130 : 143);
        asked = true;
        resolve(signal);
      });
    }
  });
}

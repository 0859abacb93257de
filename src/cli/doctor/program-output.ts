/** Runs a small program of the system that describes the machine. */

/** Returns what the program writes to standard output. Null when there is no such program, or when it fails. */
export async function programOutput(command: readonly string[]): Promise<string | null> {
  try {
    const child = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      timeout: msMax,
      killSignal: "SIGKILL",
    });
    const text = await child.stdout.text();
    return (await child.exited) === 0 ? text : null;
  } catch {
    return null;
  }
}

// --- internal ---

/** Time in milliseconds after which the program is killed. */
const msMax = 3000;

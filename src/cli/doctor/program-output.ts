/** Runs a small program of the system that describes the machine. */

/**
 * Returns what the program writes to standard output. Null when there is no such program, when it fails, or when it takes
 * too long.
 */
export async function programOutput(command: readonly string[]): Promise<string | null> {
  try {
    const child = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      timeout: msMax,
      killSignal: "SIGKILL",
    });
    // A process that the program started can keep the pipe open after the program was killed.
    const text = await Promise.race([child.stdout.text(), Bun.sleep(msMax).then(() => null)]);
    return text !== null && (await child.exited) === 0 ? text : null;
  } catch {
    return null;
  }
}

// --- internal ---

/** Time limit in milliseconds. */
const msMax = 3000;

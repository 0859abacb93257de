/** Runs a program of the operating system that prints facts about the machine, for example nvidia-smi. */

import { unlessLate } from "../../platform/late.ts";

/**
 * Returns what the program writes to standard output. Null when the program does not exist, when it fails, or when it
 * takes too long.
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
    // The wait also has a time limit, because the pipe can stay open after the program was killed: a child process of
    // the program may still use the pipe.
    const text = await unlessLate(child.stdout.text(), msMax);
    return text !== null && (await child.exited) === 0 ? text : null;
  } catch {
    return null;
  }
}

// --- internal ---

/** Time limit for the program in milliseconds. */
const msMax = 3000;

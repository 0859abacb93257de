/** Runs a program of the system that manages services. */
import { AsrError } from "../../errors.ts";

export interface ProgramResult {
  readonly isSuccess: boolean;
  /** Everything that the program wrote to standard output and then to standard error. */
  readonly output: string;
}

/** Runs the program. Throws AsrError with its output when it fails. */
export async function runProgram(command: readonly string[]): Promise<void> {
  const { isSuccess, output } = await tryProgram(command);
  if (isSuccess) return;
  throw new AsrError("internal_error", `"${command.join(" ")}" failed: ${output || "no output"}`);
}

/**
 * Runs the program. Throws AsrError when it cannot be started. There is no time limit, because stopping the server waits
 * for its running requests, and the system limits that wait.
 */
export async function tryProgram(command: readonly string[]): Promise<ProgramResult> {
  const child = start(command);
  const [out, problems] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { isSuccess: (await child.exited) === 0, output: `${out}${problems}`.trim() };
}

// --- internal ---

function start(command: readonly string[]) {
  try {
    return Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  } catch {
    throw new AsrError(
      "internal_error",
      `Cannot run ${command[0]}: this system has no such program, so it cannot manage the service`,
    );
  }
}

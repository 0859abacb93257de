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

/** Runs the program. Throws AsrError when it cannot be started or takes too long. */
export async function tryProgram(command: readonly string[]): Promise<ProgramResult> {
  const child = start(command);
  const [out, problems] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  if (child.signalCode === "SIGKILL") {
    throw new AsrError(
      "internal_error",
      `"${command.join(" ")}" did not end within ${msMax / 1000} s`,
    );
  }
  return { isSuccess: code === 0, output: `${out}${problems}`.trim() };
}

// --- internal ---

/** Time limit in milliseconds. It is long, because stopping the server waits for its running requests. */
const msMax = 120_000;

function start(command: readonly string[]) {
  try {
    return Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: msMax,
      killSignal: "SIGKILL",
    });
  } catch {
    throw new AsrError(
      "internal_error",
      `Cannot run ${command[0]}: this system has no such program, so it cannot manage the service`,
    );
  }
}

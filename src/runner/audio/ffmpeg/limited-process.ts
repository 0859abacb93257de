/**
 * Runs a program with limits on its CPU time, memory and files. The program and its children end at the latest when
 * this process ends. The environment of the program is empty.
 */
import { closeSync } from "node:fs";
import { unlessLate } from "../../../platform/late.ts";

export interface ProcessLimits {
  readonly cpuS: number;
  /** Maximum size of the address space in bytes. */
  readonly memoryBytes: number;
  /** Maximum size in bytes of each file that the program writes. */
  readonly fileBytes: number;
}

export interface ProcessFiles {
  readonly stdin: number;
  readonly stdout: number;
  /** Working folder. */
  readonly folder: string;
}

export class LimitedProcess implements AsyncDisposable {
  /** The exit code; for a program that a signal ended, 128 plus the number of the signal. */
  readonly exited: Promise<number>;
  readonly #child: Bun.Subprocess<number, number, "pipe">;
  readonly #tail: Promise<string>;

  /** Starts the program. Throws the error of the system if it cannot start a process. */
  constructor(
    command: readonly string[],
    { stdin, stdout, folder }: ProcessFiles,
    limits: ProcessLimits,
  ) {
    this.#child = Bun.spawn(isWindows ? [...command] : ["/bin/sh", ...limited(command, limits)], {
      stdio: isWindows ? [stdin, stdout, "pipe"] : [stdin, stdout, "pipe", "pipe"],
      cwd: folder,
      env: {},
      // The program gets its own process group, so that `kill` also ends its children.
      detached: !isWindows,
    });
    this.exited = this.#child.exited;
    this.#tail = tailOf(this.#child.stderr);
  }

  /** Ends the program and its children. Returns the last part of the standard error output of the program. */
  async end(): Promise<string> {
    if (isWindows) this.#child.kill("SIGKILL");
    else killGroup(this.#child.pid);
    await this.exited;
    return (await unlessLate(this.#tail, tailMsMax)) ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    const leash = this.#child.stdio[3];
    if (typeof leash === "number") closeSync(leash);
  }
}

// --- internal ---

const isWindows = process.platform === "win32";
/** Maximum time in milliseconds to wait for the end of the standard error output of a program that has ended. */
const tailMsMax = 1000;
const tailCharsMax = 2000;
/** Size in bytes of the unit of `ulimit -f`. The unit of `ulimit -v` has 1024 bytes. */
const blockBytes = 512;

/**
 * Shell script that sets the limits and then becomes the program. Some systems cannot limit the memory; the script then
 * continues without this limit.
 *
 * Descriptor 3 is a pipe. Only this process holds the other end of the pipe. When this process ends, the system closes
 * the pipe, and the background process of the script kills the whole process group. While the background process runs,
 * the system does not assign the number of the group to another group, so `end` never kills another program.
 */
const script = `
(read -r _; kill -KILL 0) <&3 >/dev/null 2>&1 &
ulimit -c 0
ulimit -t "$1" && ulimit -f "$2" || exit 126
ulimit -v "$3" 2>/dev/null
shift 3
exec "$@" 3<&-
`;

function limited(
  command: readonly string[],
  { cpuS, memoryBytes, fileBytes }: ProcessLimits,
): string[] {
  const units = [cpuS, fileBytes / blockBytes, memoryBytes / 1024];
  return ["-c", script, "sh", ...units.map((unit) => String(Math.ceil(unit))), ...command];
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // All processes of the group have ended.
  }
}

async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const bytes of stream) {
    tail = (tail + decoder.decode(bytes, { stream: true })).slice(-tailCharsMax);
  }
  return tail;
}

/** Starts the process of a runner, and exchanges messages with it. */
import { Value } from "@sinclair/typebox/value";
import type { Subprocess } from "bun";
import { AsrError, retryLater } from "../errors.ts";
import { type FromRunner, fromRunner, type ToRunner } from "../ipc/protocol.ts";
import { isEmbeddedPath } from "../platform/embedded-path.ts";
import { selfPath } from "../platform/self-path.ts";
import { runnerEnvironment } from "../settings/config.ts";
import { type Death, deathOfExit } from "./death.ts";
import { keepTail, type Tail } from "./stderr-tail.ts";

export interface RunnerProgram {
  /** Name of the model for error messages. */
  readonly name: string;
  /** Environment variables that are added to the operator's environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Command line of the process. By default, it starts this program as a runner. */
  readonly command?: readonly string[];
}

export interface RunnerProcessEvents {
  readonly onMessage: (message: FromRunner) => void;
  /** Called when the process sends a message that this version of the server does not understand. */
  readonly onMalformed: () => void;
  /** Called once, after the process has ended. */
  readonly onExit: (death: Death) => void;
}

export class RunnerProcess {
  readonly #child: Subprocess<"ignore", "ignore", "pipe">;
  readonly #events: RunnerProcessEvents;
  readonly #stderr: Tail;
  #connected = true;

  /** Starts the process. Throws AsrError when the system cannot start a process. */
  constructor(program: RunnerProgram, events: RunnerProcessEvents) {
    this.#events = events;
    this.#child = this.#spawn(program);
    this.#stderr = keepTail(this.#child.stderr);
    running.add(this.#child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Last part of the standard error output of the process (see `keepTail`). */
  get stderr(): string {
    return this.#stderr.text();
  }

  send(message: ToRunner): void {
    if (!this.#connected) return;
    try {
      this.#child.send(message);
    } catch {
      // The channel has just closed, so the message cannot be sent. Ends the process. When the process has exited, its
      // jobs fail.
      this.kill();
    }
  }

  /** Ends the process immediately, even if the process is suspended. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #spawn({ name, command = selfCommand(), environment = {} }: RunnerProgram) {
    try {
      return Bun.spawn({
        cmd: [...command],
        // Name that tools such as ps show for the process.
        argv0: process.execPath,
        env: runnerEnvironment(environment),
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
        serialization: "json",
        ipc: (message: unknown) => this.#receive(message),
        onDisconnect: () => this.#onDisconnect(),
        onExit: (child, code, signal) => {
          running.delete(child);
          void this.#reportExit(code, signal);
        },
      });
    } catch (cause) {
      throw cannotStart(name, cause);
    }
  }

  /**
   * Reports the exit only after the end of standard error. The last part of standard error contains the cause of the
   * exit, but can arrive after the exit.
   *
   * Ctrl-C sends a signal to the runner and to this process. A runner that has just started does not ignore the signal
   * yet, so the signal ends it. Therefore this process first handles the same signal. It then ends the runner itself,
   * and the exit is no failure.
   */
  async #reportExit(code: number | null, signal: number | string | null): Promise<void> {
    await Promise.race([this.#stderr.ended, Bun.sleep(stderrEndMs)]);
    if (isStopSignal(signal)) await Bun.sleep(stopSignalMs);
    this.#events.onExit(deathOfExit({ code, signal, stderr: this.stderr }));
  }

  #receive(message: unknown): void {
    if (Value.Check(fromRunner, message)) this.#events.onMessage(message);
    else this.#events.onMalformed();
  }

  /** Called when the channel has closed. Bun also closes the channel after it has read invalid JSON. */
  #onDisconnect(): void {
    this.#connected = false;
    setTimeout(() => this.#events.onMalformed(), disconnectMs).unref();
  }
}

// --- internal ---

/**
 * When the channel of a process has closed, the process normally exits soon. The exit code or signal describes the
 * cause better than the closed channel. This is the maximum time in milliseconds to wait for the exit.
 */
const disconnectMs = 1000;

/**
 * After the exit of a process, the rest of its standard error output may still arrive. This is the maximum time in
 * milliseconds to wait for it.
 */
const stderrEndMs = 200;

/** Time in milliseconds in which this process handles a stop signal that its runner has also received. */
const stopSignalMs = 200;

function isStopSignal(signal: number | string | null): boolean {
  return signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP";
}

/** Retry-After time in seconds when the system cannot start another process. */
const systemFullS = 5;
const systemFull: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

/** All running child processes. They are killed when this process exits. */
const running = new Set<Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Creates the error for a process that cannot be started. The error of the system contains a path. Therefore it is only
 * the `cause`, which is written to the log.
 */
function cannotStart(name: string, cause: unknown): AsrError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  const message = `Cannot start a process for model "${name}"`;
  if (!systemFull.has(code))
    return new AsrError("model_load_failed", `${message}: ${code}`, { cause });
  const busy = `${message}: the system has no free resources for it (${code})`;
  return retryLater("server_busy", busy, systemFullS, cause);
}

/** Returns the command that starts this program as a runner. */
function selfCommand(): string[] {
  const main = Bun.fileURLToPath(new URL("../main.ts", import.meta.url));
  return isEmbeddedPath(Bun.main) ? [selfPath(), "runner"] : [selfPath(), main, "runner"];
}

/**
 * Starts a server under test on a free port of 127.0.0.1, and waits until it listens. Always stops the server at the
 * end, even after an error.
 */
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { benchFolder } from "./folders.ts";

const listenTimeoutMs = 60_000;
const stopGraceMs = 5_000;

export interface ServerCommand {
  /** Name of the server. It is also the name of its log file. */
  readonly name: string;
  readonly command: (port: number) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  /** Start time in milliseconds, on the clock of `performance.now()`. */
  readonly startedMs: number;
  /** Milliseconds from the start until the server accepted a connection. */
  readonly listeningMs: number;
  readonly #child: Subprocess;

  private constructor(child: Subprocess, port: number, startedMs: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.startedMs = startedMs;
    this.listeningMs = performance.now() - startedMs;
  }

  static async start({ name, command, environment }: ServerCommand): Promise<ServerProcess> {
    const port = await freePort();
    await mkdir(benchFolder, { recursive: true });
    const log = join(benchFolder, `${name}.log`);
    const startedMs = performance.now();
    const child = Bun.spawn([...command(port)], {
      cwd: benchFolder,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(log),
    });
    running.add(child);
    void child.exited.then(() => running.delete(child));
    while (!(await takesConnection(port))) {
      if (child.exitCode !== null || performance.now() - startedMs > listenTimeoutMs) {
        child.kill("SIGKILL");
        throw new Error(`Cannot start ${name}: it does not listen; see ${log}`);
      }
      await Bun.sleep(1);
    }
    return new ServerProcess(child, port, startedMs);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const killing = setTimeout(() => this.#child.kill("SIGKILL"), stopGraceMs);
    await this.#child.exited;
    clearTimeout(killing);
  }
}

/** Stops all servers when this program ends, also after Ctrl-C and after errors. */
export function stopServersAtExit(): void {
  process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
    process.on(signal, () => process.exit(code));
  }
}

// --- internal ---

const running = new Set<Subprocess>();

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no address");
      server.close(() => resolve(address.port));
    });
  });
}

function takesConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

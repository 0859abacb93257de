/**
 * Creates fake runner processes. A test can read the messages that a process receives, and can send messages as the
 * process.
 */
import { spyOn } from "bun:test";
import type {
  FromRunner,
  LoadMessage,
  ToRunner,
  TranscribeMessage,
} from "../../src/ipc/protocol.ts";
import { englishCapabilities } from "../ipc/plain-job.ts";
import { noWork } from "../../src/ipc/work.ts";

export interface FakeProcess {
  readonly sent: ToRunner[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (message: FromRunner) => void;
}

interface SpawnOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ipc: (message: unknown) => void;
  readonly onExit: (child: unknown, code: number | null, signal: string | null) => void;
}

/**
 * Replaces Bun.spawn until this object is disposed. Each fake process reports immediately that its model is loaded, and
 * that each job is done.
 */
export class FakeProcesses implements Disposable {
  readonly started: FakeProcess[] = [];
  /** Time in milliseconds between a call of `kill` and the exit of the process. */
  exitMs = 0;
  readonly #spawn = spyOn(Bun, "spawn").mockImplementation(((options: SpawnOptions) =>
    this.#start(options)) as never);

  /** Returns all load messages that the processes have received. */
  loads(): LoadMessage[] {
    return this.started.flatMap(({ sent }) => sent.filter((message) => message.type === "load"));
  }

  jobs(): TranscribeMessage[] {
    return this.started.flatMap(({ sent }) =>
      sent.filter((message) => message.type === "transcribe"),
    );
  }

  [Symbol.dispose](): void {
    this.#spawn.mockRestore();
  }

  #start({ env, ipc, onExit }: SpawnOptions) {
    const say = (message: FromRunner): void => queueMicrotask(() => ipc(message));
    const one: FakeProcess = { sent: [], environment: env, say };
    this.started.push(one);
    const child = {
      pid: 100_000 + this.started.length,
      stderr: new Response("").body,
      send(message: ToRunner) {
        one.sent.push(message);
        const answer = answerTo(message);
        if (answer !== null) say(answer);
      },
      kill: () => {
        const exit = (): void => onExit(child, null, "SIGKILL");
        if (this.exitMs === 0) queueMicrotask(exit);
        else setTimeout(exit, this.exitMs);
      },
    };
    return child;
  }
}

// --- internal ---

function answerTo(message: ToRunner): FromRunner | null {
  if (message.type === "load") {
    return {
      type: "ready",
      description: "fake",
      gpuFailure: null,
      capabilities: englishCapabilities,
      chunksInFlight: 2,
    };
  }
  if (message.type === "transcribe") {
    return { type: "done", job: message.job, language: "en", durationS: 1, work: noWork };
  }
  return null;
}

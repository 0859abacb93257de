/** Defines the causes of an unexpected end of a runner, and the errors for the jobs of this runner. */
import { AsrError } from "../errors.ts";
import { channelClosedCode } from "../ipc/protocol.ts";
import { soundsLikeNoMemory } from "./crash-report.ts";

export type Death =
  /** The process ended by itself or was killed by a signal. `how` contains the exit code or the signal. */
  | { readonly kind: "exit"; readonly how: string; readonly likelyNoMemory: boolean }
  /** The runner took too long to load its model. */
  | { readonly kind: "load-timeout"; readonly ms: number }
  /** The process exceeded its memory limit. */
  | { readonly kind: "memory"; readonly bytesMax: number }
  /** The runner did not stop a cancelled job in time. */
  | { readonly kind: "ignored-cancel"; readonly ms: number }
  /** The runner did not answer a ping. */
  | { readonly kind: "hung"; readonly ms: number }
  /** The runner sent a message that this version of the server does not understand. */
  | { readonly kind: "malformed-message" };

export interface Exit {
  readonly code: number | null;
  readonly signal: number | string | null;
  /** The end of the standard error output of the process. */
  readonly stderr: string;
}

export function deathOfExit({ code, signal, stderr }: Exit): Death {
  if (code === channelClosedCode) return { kind: "malformed-message" };
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return { kind: "exit", how, likelyNoMemory: soundsLikeNoMemory(stderr) };
}

/** Error for the jobs of a dead runner. `toError()` converts it to an error for clients. */
export class RunnerDied extends Error {
  override readonly name = "RunnerDied";
  readonly death: Death;
  /**
   * Number of chunks of one job that can be in the runner at the same time. When the runner died, a job had at most this
   * many chunks in it, and any of them may be the cause. 0 if the model was not loaded yet.
   */
  readonly chunksInFlight: number;
  readonly #model: string;
  #loadError: AsrError | null = null;

  constructor(model: string, death: Death, chunksInFlight: number) {
    super(explain(death));
    this.#model = model;
    this.death = death;
    this.chunksInFlight = chunksInFlight;
  }

  /** Returns the error for a job whose runners have died repeatedly. */
  toError(): AsrError {
    if (this.death.kind === "memory") {
      return new AsrError("out_of_memory", `Cannot transcribe the file: ${this.message}`);
    }
    return new AsrError(
      "runner_crashed",
      `Cannot transcribe the file: the process of model "${this.#model}" ended repeatedly while it transcribed ` +
        `this file (${this.message}). The server starts a new process`,
    );
  }

  /** Returns the error for all jobs that waited for this runner to load the model. */
  toLoadError(): AsrError {
    const reason =
      this.death.kind === "load-timeout" ? this.message : `its process ended (${this.message})`;
    this.#loadError ??= new AsrError(
      "model_load_failed",
      `Cannot load model "${this.#model}": ${reason}`,
    );
    return this.#loadError;
  }
}

// --- internal ---

function explain(death: Death): string {
  switch (death.kind) {
    case "load-timeout":
      return `it took more than ${death.ms / 1000} s (OPEN_ASR_SERVER_LOAD_TIMEOUT_SECONDS)`;
    case "memory": {
      const megabytes = Math.round(death.bytesMax / 1e6);
      return (
        `it needs more than ${megabytes} MB of memory (OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES); ` +
        "fewer lanes (OPEN_ASR_SERVER_TRANSCRIBE_WORKERS) need less memory"
      );
    }
    case "ignored-cancel":
      return `a cancelled job did not stop within ${death.ms / 1000} s (OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS)`;
    case "hung":
      return `it did not answer for ${death.ms / 1000} s (OPEN_ASR_SERVER_RUNNER_PING_SECONDS)`;
    case "malformed-message":
      return "it sent a message that this version does not understand";
    default:
      // If the server had sent this signal, `death` would have another kind. Therefore the system probably sent the
      // signal.
      if (death.how === "signal SIGKILL") {
        return `${death.how}, probably because the system ran out of memory`;
      }
      return death.likelyNoMemory ? `${death.how}; not enough memory?` : death.how;
  }
}

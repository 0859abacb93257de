/** Why a runner ended unasked, and the errors that its jobs get. */
import { AsrError } from "../errors.ts";
import { channelClosedCode } from "../ipc/protocol.ts";
import { soundsLikeNoMemory } from "./crash-report.ts";

export type Death =
  /** The process ended by itself: an exit code or a signal. */
  | { readonly kind: "exit"; readonly how: string; readonly likelyNoMemory: boolean }
  /** It took too long to load its model. */
  | { readonly kind: "load-timeout"; readonly ms: number }
  /** It took more memory than it may. */
  | { readonly kind: "memory"; readonly bytesMax: number }
  /** It went on with a job that was cancelled. */
  | { readonly kind: "ignored-cancel"; readonly ms: number }
  /** It left a ping unanswered. */
  | { readonly kind: "hung"; readonly ms: number }
  /** It sent a message that this version does not understand. */
  | { readonly kind: "malformed-message" };

export interface Exit {
  readonly code: number | null;
  readonly signal: number | string | null;
  /** The end of what the process wrote to standard error. */
  readonly stderr: string;
}

export function deathOfExit({ code, signal, stderr }: Exit): Death {
  if (code === channelClosedCode) return { kind: "malformed-message" };
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return { kind: "exit", how, likelyNoMemory: soundsLikeNoMemory(stderr) };
}

/** Thrown to the jobs that were in flight; `toError()` is for clients. */
export class RunnerDied extends Error {
  override readonly name = "RunnerDied";
  readonly death: Death;
  /** Most chunks of one job that the runner can have been working on. */
  readonly chunksInFlight: number;
  readonly #model: string;
  #loadError: AsrError | null = null;

  constructor(model: string, death: Death, chunksInFlight: number) {
    super(explain(death));
    this.#model = model;
    this.death = death;
    this.chunksInFlight = chunksInFlight;
  }

  /** The error of a job that kills its runners. */
  toError(): AsrError {
    if (this.death.kind === "memory") {
      return new AsrError("out_of_memory", `Cannot transcribe the file: ${this.message}`);
    }
    return new AsrError(
      "runner_crashed",
      `Cannot transcribe the file: the process of model "${this.#model}" ended over it again and again ` +
        `(${this.message}); a new one takes its place`,
    );
  }

  /** The error of all jobs that waited for the model while the runner loaded it. */
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
        "it needs less with fewer lanes (OPEN_ASR_SERVER_TRANSCRIBE_WORKERS)"
      );
    }
    case "ignored-cancel":
      return `a cancelled job went on for ${death.ms / 1000} s`;
    case "hung":
      return `it did not answer for ${death.ms / 1000} s (OPEN_ASR_SERVER_RUNNER_PING_SECONDS)`;
    case "malformed-message":
      return "it sent a message that this version does not understand";
    default:
      // Only the system sends this signal unasked.
      if (death.how === "signal SIGKILL") {
        return `${death.how}, as when the system runs out of memory`;
      }
      return death.likelyNoMemory ? `${death.how}; not enough memory?` : death.how;
  }
}

/** Why a runner's process ended although nobody asked it to, and what its jobs are told. */
import { AsrError } from "../errors.ts";

export type Death =
  /** A signal or an exit code. */
  | { readonly kind: "exit"; readonly how: string }
  /** It had more in memory than it may. */
  | { readonly kind: "memory"; readonly bytesMax: number }
  /** It went on with a job that was cancelled. */
  | { readonly kind: "stuck"; readonly ms: number }
  /** It wrote what is no message. */
  | { readonly kind: "garbage" };

/** Thrown to those whose work was on the runner; `toError()` is what a client may hear. */
export class RunnerDied extends Error {
  override readonly name = "RunnerDied";
  readonly death: Death;
  readonly #model: string;

  constructor(model: string, death: Death) {
    super(explain(death));
    this.#model = model;
    this.death = death;
  }

  /** For the job that runners die of. */
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

  /** For whoever wants a model whose runner dies while it loads. */
  toLoadError(): AsrError {
    const words = `Cannot load model "${this.#model}": its process ended (${this.message})`;
    return new AsrError("model_load_failed", words);
  }
}

// --- internal ---

function explain(death: Death): string {
  switch (death.kind) {
    case "memory": {
      const megabytes = Math.round(death.bytesMax / 1e6);
      return (
        `it needs more than ${megabytes} MB of memory (OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES); ` +
        "it needs less with fewer lanes (OPEN_ASR_SERVER_TRANSCRIBE_WORKERS)"
      );
    }
    case "stuck":
      return `a cancelled job went on for ${death.ms / 1000} s`;
    case "garbage":
      return "it wrote what is no message of this version to its channel";
    default:
      // Nobody else sends this signal unasked.
      return death.how === "signal SIGKILL"
        ? `${death.how}, as when the system runs out of memory`
        : death.how;
  }
}

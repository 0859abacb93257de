/** Where the server stands between its start and its end. */
import { type AsrError, retryLater } from "../errors.ts";

/** When to retry at a server that stops: another may be in its place by then. */
const restartS = 5;

/** `what` it cannot do any more. */
export function serverStopping(what: "take" | "finish"): AsrError {
  return retryLater("server_stopping", `Cannot ${what} the request: the server stops`, restartS);
}

export class Lifecycle {
  readonly #ended = new AbortController();
  #phase: "loading" | "ready" | "stopping" = "loading";

  get phase(): "loading" | "ready" | "stopping" {
    return this.#phase;
  }

  /** Aborted, with what they are answered, when requests that run are not waited for any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** All that was to be loaded at the start is. */
  loaded(): void {
    if (this.#phase === "loading") this.#phase = "ready";
  }

  stop(): void {
    this.#phase = "stopping";
  }

  end(): void {
    this.#ended.abort(serverStopping("finish"));
  }
}

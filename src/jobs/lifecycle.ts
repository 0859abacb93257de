/** The phases of the server: loading, ready, stopping. */
import { type AsrError, retryLater } from "../errors.ts";

/** When to retry at a server that stops: a restarted server may be ready by then. */
const restartS = 5;

/** `what`: the action that the server refuses for this request. */
export function serverStopping(what: "take" | "finish"): AsrError {
  return retryLater("server_stopping", `Cannot ${what} the request: the server stops`, restartS);
}

export class Lifecycle {
  readonly #ended = new AbortController();
  #phase: "loading" | "ready" | "stopping" = "loading";

  get phase(): "loading" | "ready" | "stopping" {
    return this.#phase;
  }

  /** Aborted when the server stops waiting for running requests; the reason is the error that they get. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The models to preload are loaded. */
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

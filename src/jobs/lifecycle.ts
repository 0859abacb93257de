/** Tracks the phase of the server: loading, ready or stopping. */
import { type AsrError, retryLater } from "../errors.ts";

/**
 * Retry-After time in seconds for clients of a stopping server. After this time, the server may have been started
 * again.
 */
const restartS = 5;

/**
 * Creates the error for a request to a stopping server. "accept": the server does not accept the request. "finish": the
 * server cannot finish the request.
 */
export function serverStopping(action: "accept" | "finish"): AsrError {
  return retryLater(
    "server_stopping",
    `Cannot ${action} the request: the server is stopping`,
    restartS,
  );
}

export class Lifecycle {
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  #phase: "loading" | "ready" | "stopping" = "loading";

  get phase(): "loading" | "ready" | "stopping" {
    return this.#phase;
  }

  /** Signal that is aborted when the server no longer accepts requests. Running requests may still finish. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Signal that is aborted when the server no longer waits for running requests. The abort reason is the error for
   * these requests.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Call this when all models to preload are loaded. */
  loaded(): void {
    if (this.#phase === "loading") this.#phase = "ready";
  }

  stop(): void {
    this.#phase = "stopping";
    this.#stopping.abort();
  }

  end(): void {
    this.#ended.abort(serverStopping("finish"));
  }
}

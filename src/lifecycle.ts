/** Where the server stands between its start and its end. */

export class Lifecycle {
  #phase: "loading" | "ready" | "stopping" = "loading";

  get phase(): "loading" | "ready" | "stopping" {
    return this.#phase;
  }

  /** All that was to be loaded at the start is. */
  loaded(): void {
    if (this.#phase === "loading") this.#phase = "ready";
  }

  stop(): void {
    this.#phase = "stopping";
  }
}

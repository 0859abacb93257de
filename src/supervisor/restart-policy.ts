/** Decides when the next runner of a model may start after a failure, and which error clients get before that. */
import { AsrError } from "../errors.ts";
import { BackOff } from "./back-off.ts";
import type { LoadRejected } from "./load-rejected.ts";

export interface RestartPolicyOptions {
  /** The model's name, for error messages. */
  readonly name: string;
  /** The version of the model's files. It changes when the files change. */
  readonly fileVersion: () => string;
}

export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  readonly #backOff = new BackOff();
  #rejected: { readonly error: LoadRejected; readonly fileVersion: string } | null = null;

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /** Call when a runner died, while it loaded its model or later. */
  died(): void {
    this.#backOff.died();
  }

  /** Call when a runner rejected the model's files. `fileVersion` is their version at the start of the runner. */
  loadRejected(error: LoadRejected, fileVersion: string): void {
    this.#backOff.loadRejected();
    this.#rejected = { error, fileVersion };
  }

  /** Call when a runner finished a job. */
  jobFinished(): void {
    this.#backOff.jobFinished();
  }

  /** Whether the next runner must wait because the previous runners died. */
  get isBackingOff(): boolean {
    return this.#rejected === null && this.#backOff.remainingMs > 0;
  }

  /** Milliseconds until the next runner may start; 0 when it may start now. */
  get waitMs(): number {
    return this.#backOff.remainingMs;
  }

  /** While the next runner must wait, throws AsrError `runner_restarting`, or the load error if the files are unchanged. */
  refuseWhileBackingOff(): void {
    this.refuseRejectedFiles();
    const waitS = Math.ceil(this.waitMs / 1000);
    if (waitS === 0) return;
    throw new AsrError(
      "runner_restarting",
      `Cannot accept the request: the process of model "${this.#options.name}" ended several times ` +
        `in a row; the next process starts in ${waitS} s`,
      { retryAfterS: waitS },
    );
  }

  /** While the next runner must wait, throws the load error if the files are unchanged: another load would fail too. */
  refuseRejectedFiles(): void {
    if (this.#rejected === null) return;
    const { error, fileVersion } = this.#rejected;
    const isUnchanged = fileVersion === this.#options.fileVersion();
    if (isUnchanged && this.#backOff.remainingMs > 0) throw error;
    this.#rejected = null;
    if (!isUnchanged) this.#backOff.jobFinished();
  }
}

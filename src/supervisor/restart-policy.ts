/**
 * Decides when the next runner of a model may start after a failure. Also chooses the error that clients receive until
 * then.
 */
import { AsrError } from "../errors.ts";
import { BackOff } from "./back-off.ts";
import type { LoadRejected } from "./load-rejected.ts";

export interface RestartPolicyOptions {
  /** Name of the model for error messages. */
  readonly name: string;
  /** Returns the version of the model's files. The version changes when the files change. */
  readonly fileVersion: () => string;
}

export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  readonly #backOff = new BackOff();
  #rejected: { readonly error: LoadRejected; readonly fileVersion: string } | null = null;

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /** Call this when a runner has died, either while it loaded its model or later. */
  died(): void {
    this.#backOff.died();
  }

  /**
   * Call this when a runner has rejected the model's files. `fileVersion` is the version of the files at the start of
   * the runner.
   */
  loadRejected(error: LoadRejected, fileVersion: string): void {
    this.#backOff.loadRejected();
    this.#rejected = { error, fileVersion };
  }

  /** Call this when a runner has finished a job. */
  jobFinished(): void {
    this.#backOff.jobFinished();
  }

  /** Whether the next runner must wait because previous runners died. */
  get isBackingOff(): boolean {
    return this.#rejected === null && this.#backOff.remainingMs > 0;
  }

  /** Time in milliseconds until the next runner may start. 0 when it may start now. */
  get waitMs(): number {
    return this.#backOff.remainingMs;
  }

  /**
   * Throws AsrError while the next runner must wait. If a runner has rejected the files and the files are unchanged,
   * the error is the error of this runner. Otherwise, the error is `runner_restarting`.
   */
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

  /**
   * If a runner has rejected the files and the files are unchanged, loading would fail again. Therefore throws the
   * error of this runner again, until the next runner may start.
   */
  refuseRejectedFiles(): void {
    if (this.#rejected === null) return;
    const { error, fileVersion } = this.#rejected;
    const isUnchanged = fileVersion === this.#options.fileVersion();
    if (isUnchanged && this.#backOff.remainingMs > 0) throw error;
    this.#rejected = null;
    if (!isUnchanged) this.#backOff.jobFinished();
  }
}

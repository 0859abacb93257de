/** When a model's next runner may start after a failure, and the error that clients get until then. */
import { AsrError } from "../errors.ts";
import { BackOff } from "./back-off.ts";
import type { LoadRejected } from "./load-rejected.ts";

export interface RestartPolicyOptions {
  /** The model's name, for error messages. */
  readonly name: string;
  /** Changes when the files of the model do. */
  readonly fileVersion: () => string;
}

export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  readonly #backOff = new BackOff();
  #rejected: { readonly error: LoadRejected; readonly fileVersion: string } | null = null;

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /** A runner died, of a job or while it loaded. */
  died(): void {
    this.#backOff.died();
  }

  /** A runner rejected the files, which were at this version when it started. */
  loadRejected(error: LoadRejected, fileVersion: string): void {
    this.#backOff.loadRejected();
    this.#rejected = { error, fileVersion };
  }

  /** A runner finished a job. */
  worked(): void {
    this.#backOff.worked();
  }

  /** Whether the next runner must wait because the last ones died. */
  get isBackingOff(): boolean {
    return this.#rejected === null && this.#backOff.remainingMs > 0;
  }

  /** Milliseconds until the next runner may start; 0 when it may start now. */
  get waitMs(): number {
    return this.#backOff.remainingMs;
  }

  /** Throws AsrError `runner_restarting`, or the load error of files that are unchanged, until the next runner may start. */
  refuseWhileBackingOff(): void {
    this.refuseRejectedFiles();
    const waitS = Math.ceil(this.waitMs / 1000);
    if (waitS === 0) return;
    throw new AsrError(
      "runner_restarting",
      `Cannot take the request: the process of model "${this.#options.name}" ended several times ` +
        `in a row; the next one starts in ${waitS} s`,
      { retryAfterS: waitS },
    );
  }

  /** Throws the load error of files that are unchanged: the next runner would reject them too. */
  refuseRejectedFiles(): void {
    if (this.#rejected === null) return;
    const { error, fileVersion } = this.#rejected;
    const isUnchanged = fileVersion === this.#options.fileVersion();
    if (isUnchanged && this.#backOff.remainingMs > 0) throw error;
    this.#rejected = null;
    if (!isUnchanged) this.#backOff.worked();
  }
}

/** Downloads models that a request or the operator names and that are not on this machine. */
import { type AsrError, retryLater } from "../errors.ts";
import type { Job, ModelWait } from "../jobs/job.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import type { RemoteModel } from "./backends/backend.ts";
import type { Download, Downloads } from "./hub/downloads.ts";

/**
 * "missing": download models that are not on this machine. "always": also download newer versions, once per process.
 */
export const pullPolicies = ["missing", "never", "always"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

export interface PullOptions {
  readonly policy: PullPolicy;
  /** Null when downloads are impossible, because there is no cache folder or the server works offline. */
  readonly downloads: Downloads | null;
  /** Maximum time for which a request waits, in milliseconds. */
  readonly waitMsMax: number;
  /** Whether the server listens on loopback. If so, clients may cause the download of every published model. */
  readonly onLoopback: boolean;
}

export interface Pull {
  readonly remote: RemoteModel;
  readonly revision: string;
  /** Name of the model for error messages. */
  readonly name: string;
  /** Whether the operator named the model in a setting, including the list of allowed models. */
  readonly isOperators: boolean;
  readonly origin: Job["origin"];
}

export class Pulls {
  readonly #options: PullOptions;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  get refreshes(): boolean {
    return this.#options.policy === "always" && this.#options.downloads !== null;
  }

  /**
   * Returns whether a model may be downloaded. Clients may fill the disk of this machine only with models that the
   * operator named or, on loopback, that a backend publishes.
   */
  mayPull({ remote, isOperators, origin }: Pull): boolean {
    const { policy, downloads, onLoopback } = this.#options;
    if (policy === "never" || downloads === null) return false;
    return origin === "operator" || isOperators || (onLoopback && remote.isPublished);
  }

  /**
   * Resolves when the files are on this machine. An operator waits until the end of the download. A client waits at
   * most `waitMsMax` milliseconds and then gets AsrError `model_downloading`; the download continues.
   */
  async pull(pull: Pull, { signal, onProgress }: ModelWait): Promise<void> {
    const { downloads, waitMsMax } = this.#options;
    if (downloads === null) return;
    const { repository, files } = pull.remote;
    const download = downloads.start({ repository, revision: pull.revision, files });
    using _follower = download.follow(onProgress ?? (() => undefined));
    if (pull.origin === "operator") {
      await unlessAborted(download.result, signal);
      return;
    }
    const wait = AbortSignal.timeout(waitMsMax);
    try {
      await unlessAborted(download.result, AbortSignal.any([signal, wait]));
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      throw wait.aborted ? downloading(pull.name, download) : error;
    }
  }
}

// --- internal ---

/** Maximum Retry-After time in seconds. OpenAI's clients ignore a longer time. */
const retryAfterSMax = 60;

function downloading(name: string, download: Download): AsrError {
  const { bytes, totalBytes } = download.progress;
  const percent = totalBytes === 0 ? 0 : Math.floor((100 * bytes) / totalBytes);
  const secondsLeft = download.secondsLeft();
  const left = secondsLeft === null ? "" : `, ${timeText(secondsLeft)} left`;
  return retryLater(
    "model_downloading",
    `Model "${name}" is being downloaded: ${percent} %${left}`,
    Math.min(secondsLeft ?? retryAfterSMax / 2, retryAfterSMax),
  );
}

function timeText(seconds: number): string {
  return seconds < 90
    ? `about ${Math.ceil(seconds)} s`
    : `about ${Math.ceil(seconds / 60)} minutes`;
}

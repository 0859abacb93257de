/** Downloads the models that a request or the operator names, when they are not on this machine. */
import { type AsrError, retryLater } from "../errors.ts";
import type { Job, ModelWait } from "../jobs/job.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import type { RemoteModel } from "./backends/backend.ts";
import type { Download, Downloads } from "./hub/downloads.ts";

/** "missing": models that are not on this machine. "always": also newer versions, once per process. */
export const pullPolicies = ["missing", "never", "always"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

export interface PullOptions {
  readonly policy: PullPolicy;
  /** Null when downloads are not possible: no cache folder, or offline. */
  readonly downloads: Downloads | null;
  /** Longest wait of a request, in milliseconds. */
  readonly waitMsMax: number;
  /** Whether the server listens on loopback: then clients may cause the download of every published model. */
  readonly onLoopback: boolean;
}

export interface Pull {
  readonly remote: RemoteModel;
  readonly revision: string;
  /** The model's name in error messages. */
  readonly name: string;
  /** The operator named the model in a setting, the allow-list included. */
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

  /** Clients may fill the disk of this machine only with models that the operator named, or the backend publishes. */
  mayPull({ remote, isOperators, origin }: Pull): boolean {
    const { policy, downloads, onLoopback } = this.#options;
    if (policy === "never" || downloads === null) return false;
    return origin === "operator" || isOperators || (onLoopback && remote.isPublished);
  }

  /**
   * Resolves when the files are on this machine. An operator waits for as long as it takes. A client waits at most
   * `waitMsMax`, then gets AsrError `model_downloading`; the download goes on.
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

/** OpenAI's clients ignore a longer Retry-After. */
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

/**
 * Downloads models that a request or the operator names. With the policy "always", also downloads a newer version of a
 * model that is already on this machine.
 */
import { AsrError, retryLater } from "../errors.ts";
import type { Job, ModelWait } from "../jobs/job.ts";
import { abortError, unlessAborted } from "../platform/abort.ts";
import type { Download, Downloads } from "./hub/downloads.ts";
import { isCommit, mainRevision } from "./hub/hub.ts";
import type { ModelSource } from "./model-finder.ts";

/**
 * Whether models are downloaded. "missing": if the model is not on this machine. "always": also if the hub has a newer
 * version; each process checks this once per model. "never": not at all.
 */
export const pullPolicies = ["missing", "never", "always"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

export interface PullOptions {
  readonly policy: PullPolicy;
  /**
   * Runs the downloads. Null when downloads are impossible, because there is no cache folder or the server works
   * offline.
   */
  readonly downloads: Downloads | null;
  /** Maximum time in milliseconds that a client's request waits for a download. */
  readonly waitMsMax: number;
  /**
   * Whether the server listens only on loopback. If so, a client's request may start the download of any published
   * model.
   */
  readonly onLoopback: boolean;
  /**
   * Receives a message for the operator. It is called when `policy` is "always" and the newest version cannot be
   * downloaded.
   */
  readonly warn: (message: string) => void;
}

export interface Pull extends Pick<ModelSource, "remote" | "revision"> {
  /** Name of the model for error messages. */
  readonly name: string;
  /** Whether the operator has named the model in a setting, or has set a list of allowed models. */
  readonly isOperators: boolean;
  readonly origin: Job["origin"];
}

export class Pulls {
  readonly #options: PullOptions;
  /** Models for which this process has already searched for a newer version. */
  readonly #refreshed = new Set<string>();

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /**
   * Returns whether a model may be downloaded. An operator may download any model. A client may download only models
   * that the operator named. On loopback, a client may also download published models. Only the main branch of a
   * repository is published, because anyone can add other revisions to a repository of the hub.
   */
  mayPull({ remote, revision, isOperators, origin }: Pull): boolean {
    const { policy, downloads, onLoopback } = this.#options;
    if (policy === "never" || downloads === null) return false;
    const isPublished = remote.isPublished && revision === mainRevision;
    return origin === "operator" || isOperators || (onLoopback && isPublished);
  }

  /**
   * With the policy "always", downloads the newest version of a model that is on this machine. Each process does this
   * once per model. Returns true if the newest version is then on this machine. Otherwise returns false, for example
   * because the hub did not respond. The version on this machine is then used.
   */
  async refresh(pull: Pull, wait: ModelWait): Promise<boolean> {
    const { policy, downloads, warn } = this.#options;
    const key = JSON.stringify([pull.remote.repository, pull.revision, pull.remote.files]);
    // A commit has no newer version, because the files of a commit never change.
    const isDone = this.#refreshed.has(key) || isCommit(pull.revision);
    if (policy !== "always" || downloads === null || isDone || !this.mayPull(pull)) return false;
    try {
      await answerOf(startOf(pull, downloads), wait.signal);
      await this.pull(pull, wait);
    } catch (error) {
      if (wait.signal.aborted) throw abortError(wait.signal);
      if (!(error instanceof AsrError) || error.code === "model_downloading") throw error;
      this.#refreshed.add(key);
      warn(`Using model "${pull.name}" as it is on this machine. ${error.operatorMessage}`);
      return false;
    }
    this.#refreshed.add(key);
    return true;
  }

  /**
   * Resolves when the files are on this machine. An operator waits until the end of the download. A client waits at
   * most `waitMsMax` milliseconds. Then the client gets AsrError `model_downloading`, and the download continues.
   */
  async pull(pull: Pull, { signal, onProgress }: ModelWait): Promise<void> {
    const { downloads, waitMsMax } = this.#options;
    if (downloads === null) return;
    const download = startOf(pull, downloads);
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

/**
 * Maximum time in milliseconds to wait for the list of files from the hub. After this time, the version on this machine
 * is used. The hub normally responds within a second.
 */
const answerMsMax = 10_000;

function startOf(
  { remote: { repository, files }, revision }: Pull,
  downloads: Downloads,
): Download {
  return downloads.start({ repository, revision, files });
}

/**
 * Resolves when the hub has sent the list of files. Throws AsrError `model_download_failed` when the hub does not
 * respond in time.
 */
async function answerOf(download: Download, signal: AbortSignal): Promise<void> {
  const { promise: listed, resolve, reject } = Promise.withResolvers<void>();
  using _follower = download.follow(({ state }) => state !== "listing" && resolve());
  if (download.progress.state !== "listing") return;
  const silent = () =>
    reject(
      new AsrError(
        "model_download_failed",
        `The model hub did not answer within ${answerMsMax / 1000} s`,
        { param: "model" },
      ),
    );
  const timer = setTimeout(silent, answerMsMax);
  try {
    await unlessAborted(Promise.race([listed, download.result]), signal);
  } finally {
    clearTimeout(timer);
  }
}

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

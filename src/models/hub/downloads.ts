/** Runs the downloads of this process. Each model is downloaded only once, even when several requests wait for it. */
import type { ModelDownload } from "../../jobs/job.ts";
import { abortError } from "../../platform/abort.ts";
import { type DownloadedModel, downloadModel, type WantedModel } from "./download.ts";
import type { Hub } from "./hub.ts";

/** A running download. Callers that wait for the download use this interface. */
export interface Download {
  readonly result: Promise<DownloadedModel>;
  readonly progress: ModelDownload;
  /** Calls `onProgress` each time the progress changes, until the returned object is disposed. */
  follow(onProgress: (progress: ModelDownload) => void): Disposable;
  /**
   * Returns the estimated time in seconds until the end of the download. The estimate uses the speed that was measured
   * so far. Null while the speed is unknown.
   */
  secondsLeft(): number | null;
}

export class Downloads {
  /** Number of downloads that have succeeded (`done`) and number of downloads that have failed (`failed`). */
  readonly counts = { done: 0, failed: 0 };
  readonly #hub: Hub;
  readonly #running = new Map<string, RunningDownload>();
  readonly #ended = new AbortController();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /**
   * Returns the running download of the same files. If there is none, starts one. The download continues even when no
   * caller waits for it any more.
   */
  start(wanted: WantedModel): Download {
    const key = JSON.stringify([wanted.repository, wanted.revision, wanted.files]);
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    if (this.#ended.signal.aborted) throw abortError(this.#ended.signal);
    const download = new RunningDownload(this.#hub, wanted, this.#ended.signal);
    this.#running.set(key, download);
    const ended = (result: "done" | "failed") => () => {
      this.#running.delete(key);
      this.counts[result]++;
    };
    download.result.then(ended("done"), ended("failed"));
    return download;
  }

  running(): readonly Download[] {
    return [...this.#running.values()];
  }

  /**
   * Ends all downloads. The next process can continue them. The callers that wait for a download get the error
   * `reason`.
   */
  async close(reason: unknown): Promise<void> {
    this.#ended.abort(reason);
    await Promise.allSettled([...this.#running.values()].map(({ result }) => result));
  }
}

// --- internal ---

class RunningDownload implements Download {
  readonly result: Promise<DownloadedModel>;
  progress: ModelDownload = { state: "listing", bytes: 0, totalBytes: 0 };
  readonly #followers = new Set<(progress: ModelDownload) => void>();
  #startedMs = 0;
  #startBytes = 0;

  constructor(hub: Hub, wanted: WantedModel, signal: AbortSignal) {
    const onProgress = (progress: ModelDownload): void => {
      // Starts the measurement of the speed. Bytes of an earlier download do not count for the speed of this download.
      if (progress.state === "downloading" && this.progress.state !== "downloading") {
        this.#startedMs = performance.now();
        this.#startBytes = progress.bytes;
      }
      this.progress = progress;
      for (const follower of this.#followers) follower(progress);
    };
    this.result = downloadModel(hub, wanted, { signal, onProgress });
  }

  follow(onProgress: (progress: ModelDownload) => void): Disposable {
    this.#followers.add(onProgress);
    return { [Symbol.dispose]: () => void this.#followers.delete(onProgress) };
  }

  secondsLeft(): number | null {
    const { state, bytes, totalBytes } = this.progress;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const received = bytes - this.#startBytes;
    if (state !== "downloading" || seconds < 1 || received <= 0) return null;
    return ((totalBytes - bytes) * seconds) / received;
  }
}

/**
 * Shows the progress of a download: on a terminal, one line that is updated; on any other output, a new line of text
 * about every 10 seconds.
 */
import type { ModelDownload } from "../jobs/job.ts";
import { sizeText } from "../models/size-text.ts";
import { StatusLine, type Terminal } from "./status-line.ts";
import { timeLeftText } from "./time-text.ts";
import { standardError } from "../platform/standard-error.ts";

/** Text for standard error when a stop signal such as Ctrl-C has ended a download. */
export const downloadStopped =
  "open-asr-server: The download was stopped. The same command continues it\n";

export interface ProgressOptions {
  readonly terminal?: Terminal;
  /** Prints a line of text. Called only when the progress is not shown as one line that is updated. */
  readonly print?: (name: string, text: string) => void;
  /**
   * Whether the progress on a terminal is one line that is updated. When false, each update is a new line of text, as
   * on other outputs.
   */
  readonly inPlace?: boolean;
  /** Returns the time of a monotonic clock in milliseconds. */
  readonly now?: () => number;
}

export class DownloadProgress implements Disposable {
  readonly #name: string;
  readonly #line: StatusLine;
  readonly #print: (name: string, text: string) => void;
  readonly #wantsLine: boolean;
  readonly #now: () => number;
  readonly #speed = new Speed();
  #state: ModelDownload["state"] | null = null;
  #latest: ModelDownload = { state: "listing", bytes: 0, totalBytes: 0 };
  #timer: NodeJS.Timeout | undefined;
  #shownMs = 0;

  /** `name` is the name of the model as the user wrote it. */
  constructor(name: string, options: ProgressOptions = {}) {
    const { terminal = standardError, inPlace = true, now = () => performance.now() } = options;
    this.#name = name;
    this.#line = new StatusLine(terminal);
    const write = (line: string): void => void terminal.write(`open-asr-server: ${line}\n`);
    this.#print = options.print ?? ((model, text) => write(`downloading ${model}: ${text}`));
    this.#wantsLine = inPlace;
    this.#now = now;
  }

  readonly update = (progress: ModelDownload): void => {
    const now = this.#now();
    if (progress.state === "downloading") this.#speed.add(now, progress.bytes);
    this.#latest = progress;
    const isDue = progress.state !== this.#state || now - this.#shownMs >= this.#pauseMs;
    // Prints nothing if all files were already on this machine before the download started.
    if (!isDue || (this.#state !== "downloading" && isComplete(progress))) return;
    this.#state = progress.state;
    this.#shownMs = now;
    if (this.#showsLine) this.#showLine(progress);
    else this.#printText(progress);
    clearTimeout(this.#timer);
    // Updates the progress also while no bytes arrive, so that the user can see that the download has stalled.
    this.#timer = setTimeout(() => this.update(this.#latest), this.#pauseMs + 1).unref();
  };

  /** Prints that the model is complete. Prints nothing if nothing was downloaded. */
  finish(): void {
    this[Symbol.dispose]();
    if (this.#state === "downloading")
      this.#print(this.#name, `done, ${sizeText(this.#latest.totalBytes)}`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#line.close();
  }

  #showLine({ state, bytes, totalBytes }: ModelDownload): void {
    const amount = `${sizeText(bytes)} of ${sizeText(totalBytes)}`;
    const speed = this.#speedText();
    const left = this.#leftText(totalBytes - bytes);
    const downloading = [[amount, speed, left], [amount, left], [amount]];
    this.#line.show({
      counter: "",
      share: totalBytes === 0 ? 0 : bytes / totalBytes,
      name: this.#name,
      facts:
        state === "downloading"
          ? downloading.map((facts) => facts.filter((fact) => fact !== "").join(" "))
          : [stateTexts[state]],
    });
  }

  #printText({ state, bytes, totalBytes }: ModelDownload): void {
    if (state === "listing") return;
    if (state === "waiting") return this.#print(this.#name, stateTexts[state]);
    const percent = Math.floor((100 * bytes) / totalBytes);
    const facts = [
      `${percent} % of ${sizeText(totalBytes)}`,
      this.#speedText(),
      this.#leftText(totalBytes - bytes),
    ];
    this.#print(this.#name, facts.filter((fact) => fact !== "").join(", "));
  }

  get #showsLine(): boolean {
    return this.#wantsLine && this.#line.isAllowed;
  }

  get #pauseMs(): number {
    return this.#showsLine ? linePauseMs : textPauseMs;
  }

  #speedText(): string {
    const { bytesPerS } = this.#speed;
    if (bytesPerS === null) return "";
    const megabytes = bytesPerS / 1e6;
    return `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB/s`;
  }

  #leftText(bytes: number): string {
    const { bytesPerS } = this.#speed;
    if (bytesPerS === null || bytesPerS <= 0) return "";
    return timeLeftText(bytes / bytesPerS);
  }
}

// --- internal ---

const linePauseMs = 100;
const textPauseMs = 10_000;

const stateTexts = {
  listing: "asking the hub",
  waiting: "waiting for another process, which downloads it",
} as const;

function isComplete({ state, bytes, totalBytes }: ModelDownload): boolean {
  return state === "downloading" && bytes === totalBytes;
}

interface Sample {
  readonly ms: number;
  readonly bytes: number;
}

/** Measures the speed of the download over the last few seconds. */
class Speed {
  #samples: Sample[] = [];
  #latest: Sample = { ms: 0, bytes: 0 };

  add(ms: number, bytes: number): void {
    // If a file has a wrong hash, its bytes are discarded, so the number of bytes becomes smaller. A new measurement
    // then starts.
    if (bytes < this.#latest.bytes) this.#samples = [];
    this.#latest = { ms, bytes };
    const last = this.#samples.at(-1);
    if (last === undefined || ms - last.ms >= sampleMs) this.#samples.push(this.#latest);
    if (this.#samples.length > samplesMax) this.#samples.shift();
  }

  /** Speed in bytes per second. Null during the first second of the measurement. */
  get bytesPerS(): number | null {
    const [first] = this.#samples;
    const { ms, bytes } = this.#latest;
    if (first === undefined || ms - first.ms < knownAfterMs) return null;
    return ((bytes - first.bytes) * 1000) / (ms - first.ms);
  }
}

const sampleMs = 250;
/**
 * Maximum number of measured values. The time between two values is at least 250 ms. Therefore the values cover about
 * five seconds or a longer time.
 */
const samplesMax = 20;
const knownAfterMs = 1000;

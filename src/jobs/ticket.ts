/**
 * Tracks one transcription from the arrival of the request headers to the end of the response: its stage, times and
 * progress.
 */
import type { Work } from "../ipc/work.ts";
import { Arrival } from "./arrival.ts";
import type { JobEvent } from "./events.ts";
import type { ModelEntry } from "./job.ts";

/** The stages of a transcription, in order. After "working", the transcription is done. */
export const stages = ["uploading", "waiting", "working"] as const;
export type Stage = (typeof stages)[number];

export interface TicketOptions {
  /**
   * Id of the client. It is derived from the API key of the client. Without API keys, it is the address of the client.
   */
  readonly client: string;
  /** Signal that is aborted when the client disconnects or the server stops. */
  readonly signal: AbortSignal;
  /** Expected size of the upload in bytes. 0 or undefined when the size is unknown. */
  readonly announcedBytes?: number;
  readonly now?: () => number;
}

/** A ticket of one transcription. Disposing the ticket ends the transcription at any stage. */
export class Ticket implements Disposable {
  readonly client: string;
  /** Signal that is aborted when the client disconnects, the server stops, or `abort` is called. */
  readonly signal: AbortSignal;
  /** Size and rate of the upload. */
  readonly arrival: Arrival;
  readonly #now: () => number;
  readonly #aborted = new AbortController();
  readonly #listeners: ((stage: Stage | "done") => void)[] = [];
  readonly #lengthListeners: ((audioS: number) => void)[] = [];
  readonly #startMs = new Map<Stage | "done", number>();
  #stage: Stage | "done" = "uploading";
  #model: Pick<ModelEntry, "id" | "backend"> | null = null;
  #work: Work | null = null;
  #doneS = 0;
  #totalS: number | null = null;
  #processedS = 0;
  #passes = 1;
  #audioS: number | null = null;
  #audioTrack: number | null = null;
  #dueMs: number | null = null;

  constructor(options: TicketOptions) {
    const { client, signal, announcedBytes, now = () => performance.now() } = options;
    this.client = client;
    this.signal = AbortSignal.any([signal, this.#aborted.signal]);
    this.arrival = new Arrival(now, announcedBytes);
    this.#now = now;
    this.#startMs.set("uploading", now());
  }

  get stage(): Stage | "done" {
    return this.#stage;
  }

  /**
   * Returns the time in seconds that the transcription has spent in a stage so far. Null when it has not reached this
   * stage.
   */
  secondsIn(stage: Stage): number | null {
    const startMs = this.#startMs.get(stage);
    if (startMs === undefined) return null;
    const later: readonly (Stage | "done")[] = [...stages.slice(stages.indexOf(stage) + 1), "done"];
    const endMs = later.map((next) => this.#startMs.get(next)).find((ms) => ms !== undefined);
    return ((endMs ?? this.#now()) - startMs) / 1000;
  }

  /**
   * Time in seconds from the arrival of the request to the end of the transcription. While the transcription runs, the
   * time from the arrival until now.
   */
  get totalS(): number {
    const endMs = this.#startMs.get("done") ?? this.#now();
    return (endMs - (this.#startMs.get("uploading") ?? endMs)) / 1000;
  }

  /** Calls `listener` at the start of each stage that begins after this call. */
  onStage(listener: (stage: Stage | "done") => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Calls `listener` when the length of the audio becomes known, in seconds. If each channel is transcribed on its own,
   * the audio counts once for each channel.
   */
  onLength(listener: (audioS: number) => void): void {
    this.#lengthListeners.push(listener);
  }

  /** Call this when the upload is complete and the transcription has a slot in the queue. */
  wait(): void {
    this.#enter("waiting");
  }

  /** Records an event of the job. */
  note(event: JobEvent): void {
    switch (event.type) {
      case "started":
        if (this.#stage !== "working") this.#enter("working");
        break;
      case "progress":
        this.#doneS = event.doneS;
        this.#totalS = event.totalS;
        this.#processedS = event.processedS;
        this.#passes = event.passes ?? 1;
        if (event.totalS !== null) this.#noteLength(event.totalS * this.#passes);
        break;
      case "work":
        this.#work = event.work;
        break;
      case "done":
        this.#audioS = event.transcript.durationS;
        this.#audioTrack = event.transcript.audioTrack ?? null;
        break;
      case "segment":
        break;
    }
  }

  /** The model of the transcription. Null until `chooseModel` is called. */
  get model(): Pick<ModelEntry, "id" | "backend"> | null {
    return this.#model;
  }

  chooseModel(model: Pick<ModelEntry, "id" | "backend">): void {
    this.#model = model;
  }

  /** Seconds of audio that the model has processed, without skipped silence. */
  get processedS(): number {
    return this.#processedS;
  }

  /**
   * Returns the length in seconds of the audio that is not transcribed yet. If each channel is transcribed on its own,
   * the audio counts once for each channel. While the length of the audio is unknown, assumes that it is `meanS`.
   */
  remainingS(meanS: number): number {
    const totalS = this.#totalS ?? Math.max(meanS, this.#doneS);
    return this.#passes * Math.max(0, totalS - this.#doneS);
  }

  /** Time in seconds that each stage has taken in runners, including failed attempts. Null before the first report. */
  get workDone(): Work | null {
    return this.#work;
  }

  /** Length of the audio in seconds. Null until all audio is transcribed. */
  get audioS(): number | null {
    return this.#audioS;
  }

  /** Number of the transcribed audio track. Null if the file has only one, or until all audio is transcribed. */
  get audioTrack(): number | null {
    return this.#audioTrack;
  }

  /** Time of a monotonic clock at which the transcript is needed, in milliseconds. Null without a deadline. */
  get dueMs(): number | null {
    return this.#dueMs;
  }

  /** Sets the deadline, in seconds from the arrival of the request. */
  setDeadline(deadlineS: number): void {
    this.#dueMs = (this.#startMs.get("uploading") ?? 0) + deadlineS * 1000;
  }

  /** Stops the transcription. `reason` is the AsrError that the client receives. */
  abort(reason: Error): void {
    this.#aborted.abort(reason);
  }

  [Symbol.dispose](): void {
    if (this.#stage !== "done") this.#enter("done");
  }

  #noteLength(audioS: number): void {
    for (const listener of this.#lengthListeners.splice(0)) listener(audioS);
  }

  #enter(stage: Stage | "done"): void {
    this.#stage = stage;
    this.#startMs.set(stage, this.#now());
    for (const listener of this.#listeners) listener(stage);
  }
}

/** Decides who is let in: so many jobs as there are lanes, and so many that wait. Tells the others when to come back. */
import { AsrError } from "../errors.ts";
import type { Progress } from "../ipc/options.ts";
import { Pace } from "./pace.ts";

export interface AdmissionOptions {
  /** Jobs that are worked on at the same time. */
  readonly lanes: number;
  /** Jobs that may wait beyond these. */
  readonly waitingMax: number;
}

/** What a place is used for, in the order of a request's life. */
export const stages = ["uploading", "waiting", "working"] as const;
export type Stage = (typeof stages)[number];

/** One job's place, from the headers of its request to its answer. Disposing of it gives it back. */
export interface Place extends Disposable {
  readonly stage: Stage;
  /** Its audio is here. */
  wait(): void;
  /** A lane has taken it up. */
  work(): void;
  advance(progress: Progress): void;
  /** All of its audio was transcribed. */
  finish(): void;
}

/** Clients that follow `Retry-After` do so up to a minute; a longer one makes them come back sooner. */
const retryAfterSMax = 60;
/** Weight of the newest audio in the running mean of lengths. */
const newestWeight = 0.1;
/** Longest audio that takes a lane's time at once, Whisper's window; further steps lead over silence, which takes none. */
const heardSMax = 30;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #pace: Pace;
  readonly #places = new Set<HeldPlace>();
  #meanAudioS = 10;

  constructor(options: AdmissionOptions, pace = new Pace()) {
    this.#options = options;
    this.#pace = pace;
  }

  /** Throws AsrError `server_busy` when there is no place left. */
  enter(): Place {
    const { lanes, waitingMax } = this.#options;
    if (this.#places.size >= lanes + waitingMax) throw this.#busy();
    const place = new HeldPlace(this.#pace, (done) => {
      this.#places.delete(done);
      // What files claim of their length may be anything, and tells nothing of others.
      if (done.isFinished) this.#meanAudioS += (done.heardS - this.#meanAudioS) * newestWeight;
    });
    this.#places.add(place);
    return place;
  }

  count(stage: Stage): number {
    return [...this.#places].filter((place) => place.stage === stage).length;
  }

  /** Measured: seconds of audio a second. */
  get speed(): number {
    return this.#pace.speed;
  }

  /** When what is here now will have been worked on, at the measured speed. */
  get retryAfterS(): number {
    const places = [...this.#places];
    const audioS = places.reduce((sum, place) => sum + place.remainingS(this.#meanAudioS), 0);
    return Math.min(retryAfterSMax, Math.max(1, Math.ceil(audioS / this.#pace.speed)));
  }

  #busy(): AsrError {
    const { retryAfterS } = this;
    return new AsrError(
      "server_busy",
      `Cannot take the request: ${this.#places.size} are being worked on or waiting ` +
        `(OPEN_ASR_SERVER_QUEUE_MAX); come back in ${retryAfterS} s`,
      { retryAfterS },
    );
  }
}

// --- internal ---

class HeldPlace implements Place {
  readonly #pace: Pace;
  readonly #giveBack: (place: HeldPlace) => void;
  #stage: Stage = "uploading";
  #doneS = 0;
  #totalS: number | null = null;
  #heardS = 0;
  #isFinished = false;

  constructor(pace: Pace, giveBack: (place: HeldPlace) => void) {
    this.#pace = pace;
    this.#giveBack = giveBack;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Audio that lanes heard. */
  get heardS(): number {
    return this.#heardS;
  }

  /** Audio that is still to be worked on; `meanS` is taken for a length that is not known. */
  remainingS(meanS: number): number {
    return Math.max(0, (this.#totalS ?? Math.max(meanS, this.#doneS)) - this.#doneS);
  }

  wait(): void {
    this.#stage = "waiting";
  }

  work(): void {
    if (this.#stage === "working") return;
    this.#stage = "working";
    this.#pace.begin();
  }

  advance({ doneS, totalS }: Progress): void {
    this.#heardS += Math.min(heardSMax, Math.max(0, doneS - this.#doneS));
    this.#doneS = doneS;
    this.#totalS = totalS;
  }

  finish(): void {
    this.#isFinished = true;
  }

  [Symbol.dispose](): void {
    if (this.#stage === "working") this.#pace.end(this.#heardS);
    this.#giveBack(this);
  }
}

/**
 * Sends the requests of the main thread to the audio thread: to open a file, and to get the next chunk. The thread
 * serves one request at a time. A request for a chunk may need several turns.
 */
import type { AudioRequest } from "./audio-request.ts";
import type { TimedAnswer, ToAudio } from "./audio.worker.ts";
import type { AudioChunk } from "./chunker.ts";
import { Turns } from "../engine/turns.ts";
import { fromFailure } from "../../ipc/failure.ts";
import { UnsupportedAudio } from "./unsupported-audio.ts";

export class AudioThread {
  readonly #worker: Worker;
  /** Decides which of the waiting jobs the thread serves, so that a short file does not wait for others. */
  readonly turns = new Turns(1);
  /** Requests that wait for the thread. A job has at most one. */
  readonly #waiting: Pending[] = [];
  /** The request that the thread serves now. */
  #served: Pending | null = null;
  /** For each job with an open file, the flag that cancels it. */
  readonly #cancelFlags = new Map<number, Int32Array>();

  constructor(libraryPath: string) {
    this.#worker = new Worker(new URL("./audio.worker.ts", import.meta.url));
    this.#worker.onmessage = ({ data }: MessageEvent<TimedAnswer>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      throw new Error(`audio thread failed: ${event.message}`);
    };
    this.#post({ type: "library", path: libraryPath });
  }

  async open(request: AudioRequest): Promise<AudioFile> {
    const { job } = request;
    this.#cancelFlags.set(job, request.cancel);
    const answer = await this.#ask({ type: "open", ...request });
    if (answer.type !== "opened") {
      this.#cancelFlags.delete(job);
      this.turns.forget(job);
      succeeded(answer);
      throw new Error(`expected "opened" from audio, found "${answer.type}"`);
    }
    const { durationSMax = Infinity } = request.options.limits;
    let { decodeS, vadS } = answer;
    return {
      durationS: answer.durationS === null ? null : Math.min(answer.durationS, durationSMax),
      channels: answer.channels,
      get decodeS() {
        return decodeS;
      },
      get vadS() {
        return vadS;
      },
      next: async () => {
        const answered = await this.#ask({ type: "next", job });
        decodeS += answered.decodeS;
        vadS += answered.vadS;
        const next = succeeded(answered);
        if (next.type === "chunk") return next.chunk;
        if (next.type === "end") return { endS: next.durationS, track: next.track };
        throw new Error(`expected a chunk from audio, found "${next.type}"`);
      },
      giveBack: ({ samples }) => this.#post({ type: "give-back", samples }),
      [Symbol.dispose]: () => {
        this.#cancelFlags.delete(job);
        this.#post({ type: "close", job });
      },
    };
  }

  #ask(message: Pending["message"]): Promise<TimedAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push({ message, resolve, decodeS: 0, vadS: 0 });
      this.turns.wait(message.job);
      this.#serveNext();
    });
  }

  #receive(answer: TimedAnswer): void {
    const served = this.#served;
    this.#served = null;
    if (served !== null) {
      const decodeS = served.decodeS + answer.decodeS;
      const vadS = served.vadS + answer.vadS;
      if (answer.type === "unfinished") this.#waiting.push({ ...served, decodeS, vadS });
      else served.resolve({ ...answer, decodeS, vadS });
    }
    this.#serveNext();
  }

  #serveNext(): void {
    if (this.#served !== null || this.#waiting.length === 0) return;
    const quick = this.#waiting.findIndex((pending) => this.#isQuick(pending));
    const index =
      quick < 0 ? this.turns.next(this.#waiting.map(({ message }) => message.job)) : quick;
    const [next] = this.#waiting.splice(index, 1);
    this.#served = next!;
    this.turns.serve(next!.message.job);
    this.#post(next!.message);
  }

  /** The thread opens a file quickly, and then its length is known. A cancelled job only has to end. */
  #isQuick({ message: { type, job } }: Pending): boolean {
    return type === "open" || this.#cancelFlags.get(job)?.[0] !== 0;
  }

  #post(message: ToAudio): void {
    this.#worker.postMessage(message);
  }
}

export interface AudioEnd {
  /** Total length of the audio in seconds. */
  readonly endS: number;
  /** Number of the decoded audio track; null if the file has only one track. */
  readonly track: number | null;
}

export interface AudioFile extends Disposable {
  /**
   * Length in seconds that the file declares, limited to the maximum duration; null if the file declares none. The
   * declared length may be wrong.
   */
  readonly durationS: number | null;
  /** Number of channels of the audio track. */
  readonly channels: number;
  /** Time in seconds for reading the file so far. */
  readonly decodeS: number;
  /** Time in seconds for finding speech and cutting the audio into chunks so far. */
  readonly vadS: number;
  next(): Promise<AudioChunk | AudioEnd>;
  /** Releases the memory of a chunk for reuse. After this call, no code may read the chunk. */
  giveBack(chunk: AudioChunk): void;
}

// --- internal ---

interface Pending {
  readonly message: Extract<ToAudio, { type: "open" | "next" }>;
  readonly resolve: (answer: TimedAnswer) => void;
  /** Times of the earlier turns. */
  readonly decodeS: number;
  readonly vadS: number;
}

function succeeded(answer: TimedAnswer): Exclude<TimedAnswer, { type: "failed" }> {
  if (answer.type !== "failed") return answer;
  const { failure, foreign } = answer;
  throw foreign === undefined
    ? fromFailure(failure)
    : new UnsupportedAudio(failure.message, foreign);
}

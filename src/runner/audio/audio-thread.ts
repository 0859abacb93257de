/** Sends the requests of the main thread to the audio thread: to open a file, and to get the next chunk. */
import type { AudioRequest } from "./audio-request.ts";
import type { TimedAnswer, ToAudio } from "./audio.worker.ts";
import type { AudioChunk } from "./chunker.ts";
import { fromFailure } from "../../ipc/failure.ts";
import { UnsupportedAudio } from "./unsupported-audio.ts";

export class AudioThread {
  readonly #worker: Worker;
  /**
   * For each job with a pending request, the function that receives the answer. A job has at most one pending request.
   */
  readonly #answers = new Map<number, (answer: TimedAnswer) => void>();

  constructor(libraryPath: string) {
    this.#worker = new Worker(new URL("./audio.worker.ts", import.meta.url));
    this.#worker.onmessage = ({ data }: MessageEvent<TimedAnswer>) => {
      const answer = this.#answers.get(data.job);
      this.#answers.delete(data.job);
      answer?.(data);
    };
    this.#worker.onerror = (event) => {
      throw new Error(`audio thread failed: ${event.message}`);
    };
    this.#post({ type: "library", path: libraryPath });
  }

  async open(request: AudioRequest): Promise<AudioFile> {
    const { job } = request;
    const answer = succeeded(await this.#ask({ type: "open", ...request }));
    if (answer.type !== "opened")
      throw new Error(`expected "opened" from audio, found "${answer.type}"`);
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
      [Symbol.dispose]: () => this.#post({ type: "close", job }),
    };
  }

  #ask(message: Extract<ToAudio, { type: "open" | "next" }>): Promise<TimedAnswer> {
    return new Promise((resolve) => {
      this.#answers.set(message.job, resolve);
      this.#post(message);
    });
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

function succeeded(answer: TimedAnswer): Exclude<TimedAnswer, { type: "failed" }> {
  if (answer.type !== "failed") return answer;
  const { failure, foreign } = answer;
  throw foreign === undefined
    ? fromFailure(failure)
    : new UnsupportedAudio(failure.message, foreign);
}

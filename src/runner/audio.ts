/** The audio thread seen from the main thread: files in, chunks out. */
import type { AudioRequest, FromAudio, ToAudio } from "./audio.worker.ts";
import type { AudioChunk } from "./chunker.ts";
import { fromFailure } from "./failure.ts";
import { workerUrl } from "./workers.ts";

export class AudioThread {
  readonly #worker: Worker;
  /** One request of a job is under way at a time. */
  readonly #answers = new Map<number, (answer: FromAudio) => void>();

  constructor(libraryPath: string) {
    this.#worker = new Worker(workerUrl("audio"));
    this.#worker.onmessage = ({ data }: MessageEvent<FromAudio>) => {
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
    const answer = await this.#ask({ type: "open", ...request });
    if (answer.type !== "opened")
      throw new Error(`expected "opened" from audio, found "${answer.type}"`);
    return {
      durationS: answer.durationS,
      next: () => this.#next(job),
      [Symbol.dispose]: () => this.#post({ type: "close", job }),
    };
  }

  async #next(job: number): Promise<AudioChunk | AudioEnd> {
    const answer = await this.#ask({ type: "next", job });
    if (answer.type === "chunk") return answer.chunk;
    if (answer.type === "end") return { endS: answer.durationS };
    throw new Error(`expected a chunk from audio, found "${answer.type}"`);
  }

  async #ask(message: Extract<ToAudio, { type: "open" | "next" }>): Promise<FromAudio> {
    const answer = await new Promise<FromAudio>((resolve) => {
      this.#answers.set(message.job, resolve);
      this.#post(message);
    });
    if (answer.type === "failed") throw fromFailure(answer.failure);
    return answer;
  }

  #post(message: ToAudio): void {
    this.#worker.postMessage(message);
  }
}

export interface AudioEnd {
  /** Length of the whole audio. */
  readonly endS: number;
}

export interface AudioFile extends Disposable {
  /** By the file's own account; null when it does not say. */
  readonly durationS: number | null;
  next(): Promise<AudioChunk | AudioEnd>;
}

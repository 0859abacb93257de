/** Sends engine calls from the main thread to the thread of a lane, one call at a time. */
import { fromFailure } from "../../ipc/failure.ts";
import type {
  AlignResult,
  Chunk,
  DecodeResult,
  FeedOptions,
  Recognition,
  StreamOptions,
  TimedTokens,
  RecognizeChunk,
} from "./asr-structs.ts";
import { addTimes, type LaneTimes, noTimes } from "./engine-times.ts";
import type { FromLane, Libraries, ModelLocation, TimedFromLane, ToLane } from "./lane.worker.ts";

export class LaneClient {
  readonly #worker: Worker;
  #answer: ((answer: FromLane) => void) | null = null;
  #times = noTimes;

  constructor() {
    this.#worker = new Worker(new URL("./lane.worker.ts", import.meta.url));
    this.#worker.onmessage = ({ data }: MessageEvent<TimedFromLane>) => {
      const answer = this.#answer;
      this.#answer = null;
      const busyS = this.#times.busyS + data.times.busyS;
      this.#times = { ...addTimes(this.#times, data.times), busyS };
      answer?.(data);
    };
    this.#worker.onerror = (event) => {
      throw new Error(`lane thread failed: ${event.message}`);
    };
  }

  async load(libraryPath: string, model: ModelLocation): Promise<number> {
    const answer = await this.#ask({ type: "load", libraryPath, model });
    return expectType(answer, "loaded").model;
  }

  async open(libraries: Libraries, model: number): Promise<void> {
    expectType(await this.#ask({ type: "open", ...libraries, model }), "opened");
  }

  async detectLanguage(chunk: Chunk): Promise<Float32Array> {
    return expectType(await this.#ask({ type: "detect-language", chunk }), "languages").probs;
  }

  async decode(chunk: Chunk): Promise<DecodeResult> {
    return expectType(await this.#ask({ type: "decode", chunk }), "decoded").result;
  }

  async align(chunk: Chunk): Promise<AlignResult> {
    return expectType(await this.#ask({ type: "align", chunk }), "aligned").result;
  }

  async recognize(chunk: RecognizeChunk): Promise<Recognition> {
    return expectType(await this.#ask({ type: "recognize", chunk }), "recognized").result;
  }

  /**
   * Opens a stream and returns its number. The number is valid only in this lane. The stream uses memory until it is
   * closed.
   */
  async openStream(options: StreamOptions): Promise<number> {
    return expectType(await this.#ask({ type: "open-stream", options }), "stream-opened").stream;
  }

  /**
   * Feeds the next samples to the stream and returns the tokens that became final. After a failure, the only allowed
   * call is to close the stream.
   */
  async feedStream(
    stream: number,
    input: Float32Array,
    options: FeedOptions,
  ): Promise<TimedTokens> {
    const message = { type: "feed-stream", stream, input, options } as const;
    return expectType(await this.#ask(message), "timed").result;
  }

  async closeStream(stream: number): Promise<void> {
    expectType(await this.#ask({ type: "close-stream", stream }), "stream-closed");
  }

  /** Returns the times of all calls since the last call of this function. */
  takeTimes(): LaneTimes {
    const times = this.#times;
    this.#times = noTimes;
    return times;
  }

  #ask(message: ToLane): Promise<FromLane> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#worker.postMessage(message);
    });
  }
}

// --- internal ---

type Answer<T extends FromLane["type"]> = Extract<FromLane, { type: T }>;

function expectType<T extends FromLane["type"]>(answer: FromLane, type: T): Answer<T> {
  if (answer.type === "failed") throw fromFailure(answer.failure);
  if (answer.type !== type)
    throw new Error(`expected "${type}" from a lane, found "${answer.type}"`);
  return answer as Answer<T>;
}

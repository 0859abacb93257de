/**
 * Makes the engine calls of one lane. Only the thread that opened the lane may use this object. Each call blocks until
 * the engine is done.
 */
import type { Pointer } from "bun:ffi";
import type { EngineLibrary } from "./asr-library.ts";
import { Model } from "./asr-model.ts";
import {
  type AlignResult,
  type AudioChunk,
  type Chunk,
  type DecodeResult,
  type FeedOptions,
  type ModelInfo,
  readResult,
  readTimes,
  type Recognition,
  readTokens,
  type StreamOptions,
  structSize,
  type TimedTokens,
  writeChunk,
  writeStreamInput,
  writeStreamOptions,
  type RecognizeChunk,
} from "./asr-structs.ts";
import { addTimes, type EngineTimes, noTimes } from "./engine-times.ts";
import { keepAlive } from "./native-memory.ts";

export class Lane implements Disposable {
  readonly #library: EngineLibrary;
  readonly #pointer: Pointer;
  readonly #info: ModelInfo;
  /** The open streams, by the number that `openStream` returned. */
  readonly #streams = new Map<number, Pointer>();
  #lastStream = 0;
  #times: EngineTimes = noTimes;

  constructor(library: EngineLibrary, model: Pointer) {
    this.#library = library;
    this.#pointer = library.openHandle(
      (out) => library.c.asr_lane_open(model, out),
      "open a lane",
      "model_load_failed",
    );
    this.#info = new Model(library, model).info;
  }

  /** Returns the probability of each language, in the engine's order. */
  detectLanguage(chunk: Chunk): Float32Array {
    this.#call("asr_lane_detect_language", chunk, "detect the language");
    const { c } = this.#library;
    const probs = new Float32Array(c.asr_lane_get_language_probs(this.#pointer, 0, null, 0));
    const address = this.#library.addressOf(probs);
    c.asr_lane_get_language_probs(this.#pointer, 0, address, probs.length);
    return probs;
  }

  decode(chunk: Chunk): DecodeResult {
    this.#call("asr_lane_decode", chunk, "decode");
    const { tokens, logprobs } = this.#tokens();
    const { avgLogprob, noSpeechProb, windowS, isComplete } = this.#result();
    return { tokens, logprobs, avgLogprob, noSpeechProb, windowS, isComplete };
  }

  align(chunk: Chunk): AlignResult {
    this.#call("asr_lane_align", chunk, "align");
    const { startS, endS } = this.#tokens();
    return { startS, endS };
  }

  recognize(chunk: RecognizeChunk): Recognition {
    this.#call("asr_lane_recognize", chunk, "recognize");
    const { language } = this.#result();
    return { ...this.#timedTokens(), text: this.#text(), language };
  }

  /** Opens a stream of this lane and returns its number. */
  openStream(options: StreamOptions): number {
    const struct = writeStreamOptions(options);
    const stream = this.#library.openHandle(
      (out) => this.#library.c.asr_stream_open(this.#pointer, this.#library.addressOf(struct), out),
      "open a stream",
    );
    this.#streams.set(++this.#lastStream, stream);
    return this.#lastStream;
  }

  /** Feeds the next samples to the stream and returns the tokens that became final. */
  feedStream(stream: number, input: Float32Array, options: FeedOptions): TimedTokens {
    const struct = writeStreamInput(this.#stream(stream), input, options);
    const { c } = this.#library;
    const code = c.asr_stream_feed(this.#pointer, this.#library.addressOf(struct), 1);
    keepAlive(input, options, struct);
    this.#countTimes();
    this.#library.check(code, "transcribe the stream");
    return this.#timedTokens();
  }

  closeStream(stream: number): void {
    this.#library.c.asr_stream_close(this.#stream(stream));
    this.#streams.delete(stream);
  }

  /** Returns the times of all calls since the last call of this function. */
  takeTimes(): EngineTimes {
    const times = this.#times;
    this.#times = noTimes;
    return times;
  }

  /** Frees the lane and its streams. The lane must not be used afterwards. */
  [Symbol.dispose](): void {
    for (const stream of this.#streams.keys()) this.closeStream(stream);
    this.#library.c.asr_lane_close(this.#pointer);
  }

  #call(name: ChunkCall, chunk: AudioChunk & Partial<Chunk>, action: string): void {
    const struct = writeChunk(chunk, this.#info);
    const code = this.#library.c[name](this.#pointer, this.#library.addressOf(struct), 1);
    keepAlive(chunk, struct);
    this.#countTimes();
    this.#library.check(code, action);
  }

  /** Adds the times of the last call, even if it has failed. */
  #countTimes(): void {
    const times = new DataView(new ArrayBuffer(structSize.times));
    this.#library.c.asr_lane_get_times(this.#pointer, this.#library.addressOf(times));
    this.#times = addTimes(this.#times, readTimes(times));
  }

  #stream(stream: number): Pointer {
    const pointer = this.#streams.get(stream);
    if (pointer === undefined) throw new Error(`the lane has no open stream ${stream}`);
    return pointer;
  }

  #timedTokens(): TimedTokens {
    const { avgLogprob, isComplete } = this.#result();
    return { ...this.#tokens(), avgLogprob, isComplete };
  }

  #result(): ReturnType<typeof readResult> {
    const result = new DataView(new ArrayBuffer(structSize.result));
    const { c } = this.#library;
    const code = c.asr_lane_get_result(this.#pointer, 0, this.#library.addressOf(result));
    this.#library.check(code, "read the result");
    return readResult(result);
  }

  #text(): string {
    const { c } = this.#library;
    const n = c.asr_lane_get_text(this.#pointer, 0, null, 0);
    const bytes = new Uint8Array(n);
    if (n > 0) c.asr_lane_get_text(this.#pointer, 0, this.#library.addressOf(bytes), n);
    return new TextDecoder().decode(bytes);
  }

  #tokens(): ReturnType<typeof readTokens> {
    const { c } = this.#library;
    const n = c.asr_lane_get_tokens(this.#pointer, 0, null, 0);
    const bytes = new Uint8Array(n * structSize.token);
    if (n > 0) c.asr_lane_get_tokens(this.#pointer, 0, this.#library.addressOf(bytes), n);
    return readTokens(bytes);
  }
}

// --- internal ---

type ChunkCall =
  | "asr_lane_detect_language"
  | "asr_lane_decode"
  | "asr_lane_align"
  | "asr_lane_recognize";

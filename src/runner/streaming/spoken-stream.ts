/** One stream of a lane: audio without gaps in, finished sentences out. */
import type { AudioChunk } from "../audio/chunker.ts";
import type { StreamOptions, TimedTokens } from "../engine/asr-structs.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import { SentenceSplitter, toTranscript } from "../timed-tokens/sentences.ts";
import { type Vocabulary, WordJoiner } from "../timed-tokens/words.ts";

export interface StreamStart {
  readonly vocabulary: Vocabulary;
  /** The file's time at which the stream begins. */
  readonly startS: number;
  /** In shared memory: non-zero stops the engine. */
  readonly cancelFlag: Int32Array;
}

export class SpokenStream {
  readonly #id: number;
  readonly #start: StreamStart;
  readonly #joiner: WordJoiner;
  readonly #splitter = new SentenceSplitter();
  #endS: number;

  private constructor(id: number, start: StreamStart) {
    this.#id = id;
    this.#start = start;
    this.#joiner = new WordJoiner(start.vocabulary);
    this.#endS = start.startS;
  }

  static async open(
    lane: LaneClient,
    options: StreamOptions,
    start: StreamStart,
  ): Promise<SpokenStream> {
    return new SpokenStream(await lane.openStream(options), start);
  }

  /** The file's time up to which the stream was fed. */
  get endS(): number {
    return this.#endS;
  }

  /** Returns finished sentences. An unfinished word or sentence is kept for a later feed. */
  async feed(lane: LaneClient, { samples, startS, durationS }: AudioChunk) {
    const tokens = await this.#feed(lane, samples, false);
    this.#endS = startS + durationS;
    return this.#transcript(this.#splitter.push(this.#joiner.push(tokens)));
  }

  /** Returns the rest: no more audio comes. */
  async end(lane: LaneClient) {
    const tokens = await this.#feed(lane, new Float32Array(0), true);
    const audioS = this.#endS - this.#start.startS;
    const words = [...this.#joiner.push(tokens), ...this.#joiner.flush(audioS)];
    return this.#transcript([...this.#splitter.push(words), ...this.#splitter.flush()]);
  }

  /** Frees it in the engine. */
  close(lane: LaneClient): Promise<void> {
    return lane.closeStream(this.#id);
  }

  #feed(lane: LaneClient, samples: Float32Array, isLast: boolean): Promise<TimedTokens> {
    return lane.feedStream(this.#id, samples, { isLast, cancel: this.#start.cancelFlag });
  }

  #transcript(sentences: Parameters<typeof toTranscript>[0]) {
    return toTranscript(sentences, this.#start.startS);
  }
}

/** Feeds audio without gaps into one stream of a lane. Returns each sentence when it is complete. */
import type { AudioChunk } from "../audio/chunker.ts";
import { SpeechRecord } from "../audio/speech-record.ts";
import type { StreamOptions, TimedTokens } from "../engine/asr-structs.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import { SentenceSplitter, toTranscript } from "../timed-tokens/sentences.ts";
import { type Vocabulary, WordJoiner } from "../timed-tokens/words.ts";

export interface StreamStart {
  readonly vocabulary: Vocabulary;
  /** Whether the segments contain the log-probabilities of their tokens. */
  readonly logprobs: boolean;
  /** Start of the stream, in seconds from the start of the file. */
  readonly startS: number;
  readonly temperature: number;
  /** A flag in shared memory. A non-zero value stops the engine. */
  readonly cancelFlag: Int32Array;
}

/**
 * Number of seconds of audio for which probabilities of speech are stored. The probabilities of a sentence are needed
 * until the next word arrives, because only then the sentence is complete. A sentence is at most 30 s long.
 */
const recordS = 600;

export class SpokenStream {
  readonly #id: number;
  readonly #start: StreamStart;
  readonly #joiner: WordJoiner;
  readonly #splitter = new SentenceSplitter();
  readonly #speech = new SpeechRecord(recordS);
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

  /** End of the audio that was fed so far, in seconds from the start of the file. */
  get endS(): number {
    return this.#endS;
  }

  /**
   * Feeds a chunk and returns the sentences that are now complete. If a word or a sentence is incomplete, keeps it for
   * the next call.
   */
  async feed(lane: LaneClient, { samples, startS, durationS, speechProbs }: AudioChunk) {
    const tokens = await this.#feed(lane, samples, false);
    if (speechProbs !== null) this.#speech.add(speechProbs);
    this.#endS = startS + durationS;
    return this.#transcript(this.#splitter.push(this.#joiner.push(tokens)));
  }

  /** Ends the stream and returns the remaining sentences. */
  async end(lane: LaneClient) {
    const tokens = await this.#feed(lane, new Float32Array(0), true);
    const audioS = this.#endS - this.#start.startS;
    const words = [...this.#joiner.push(tokens), ...this.#joiner.flush(audioS)];
    return this.#transcript([...this.#splitter.push(words), ...this.#splitter.flush()]);
  }

  /** Frees the stream in the engine. */
  close(lane: LaneClient): Promise<void> {
    return lane.closeStream(this.#id);
  }

  #feed(lane: LaneClient, samples: Float32Array, isLast: boolean): Promise<TimedTokens> {
    return lane.feedStream(this.#id, samples, { isLast, cancel: this.#start.cancelFlag });
  }

  #transcript(sentences: Parameters<typeof toTranscript>[0]) {
    const { startS, temperature, vocabulary, logprobs } = this.#start;
    const speech = this.#speech;
    return toTranscript(sentences, {
      startS,
      temperature,
      speech,
      vocabulary: logprobs ? vocabulary : null,
    });
  }
}

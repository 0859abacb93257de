/** Feeds audio without gaps into one stream of a lane. Returns each sentence when it is complete. */
import type { AudioChunk } from "../audio/chunker.ts";
import { SpeechRecord } from "../audio/speech-record.ts";
import type { StreamOptions, TimedTokens } from "../engine/asr-structs.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import { SentenceSplitter, toTranscript } from "../timed-tokens/sentences.ts";
import { type TimedWord, type Vocabulary, WordJoiner } from "../timed-tokens/words.ts";

export interface StreamStart {
  readonly vocabulary: Vocabulary;
  /** Ids from this id on are no text. Such a token marks the end of an utterance. */
  readonly textEnd: number;
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
    return this.#transcript(this.#sentences(tokens));
  }

  /** Ends the stream and returns the remaining sentences. */
  async end(lane: LaneClient) {
    const tokens = await this.#feed(lane, new Float32Array(0), true);
    const audioS = this.#endS - this.#start.startS;
    return this.#transcript([...this.#sentences(tokens), ...this.#finishSentence(audioS)]);
  }

  /** Frees the stream in the engine. */
  close(lane: LaneClient): Promise<void> {
    return lane.closeStream(this.#id);
  }

  #feed(lane: LaneClient, samples: Float32Array, isLast: boolean): Promise<TimedTokens> {
    return lane.feedStream(this.#id, samples, { isLast, cancel: this.#start.cancelFlag });
  }

  /** Returns the sentences that are complete with these tokens. The end of an utterance completes a sentence. */
  #sentences(all: TimedTokens): TimedWord[][] {
    const ends = [...all.tokens.keys()].filter((i) => all.tokens[i]! >= this.#start.textEnd);
    const sentences = ends.flatMap((end, i) => {
      const spoken = part(all, (ends[i - 1] ?? -1) + 1, end);
      return [...this.#push(spoken), ...this.#finishSentence(all.startS[end]!)];
    });
    return [...sentences, ...this.#push(part(all, (ends.at(-1) ?? -1) + 1))];
  }

  #push(tokens: TimedTokens): TimedWord[][] {
    return this.#splitter.push(this.#joiner.push(tokens));
  }

  /** Returns the unfinished sentence, which ends at `endS` at the latest. */
  #finishSentence(endS: number): TimedWord[][] {
    return [...this.#splitter.push(this.#joiner.flush(endS)), ...this.#splitter.flush()];
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

// --- internal ---

function part(all: TimedTokens, from: number, to?: number): TimedTokens {
  const { tokens, logprobs, startS, endS } = all;
  return {
    ...all,
    tokens: tokens.subarray(from, to),
    logprobs: logprobs.subarray(from, to),
    startS: startS.subarray(from, to),
    endS: endS.subarray(from, to),
  };
}

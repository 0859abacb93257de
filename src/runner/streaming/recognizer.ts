/**
 * Transcribes with streaming models (Kyutai). A job has one stream at a time, and feeds its audio to this stream in
 * order. The stream keeps its state between feeds, so all feeds must use the same lane.
 *
 * A stream contains audio without gaps. If voice activity has removed silence, the stream ends before the silence and a
 * new stream starts after the silence. Therefore no word spans a gap, and token times can be converted to times in the
 * file.
 *
 * A new stream needs no state of an earlier stream. Therefore, after a crash, the next runner resumes at the start of
 * the last stream. The runner feeds the audio of this stream again. It discards the results that were delivered before
 * the crash. Without voice activity, there is only one stream, which starts at the beginning of the file.
 */
import {
  type Capabilities,
  plainCapabilities,
  requireCapabilities,
} from "../../ipc/capabilities.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import type { Model } from "../engine/asr-model.ts";
import { capability, inputKind } from "../engine/asr-structs.ts";
import type {
  ChunkResult,
  JobLanes,
  Needs,
  PinnedLane,
  Recognizer,
  Session,
  SessionStart,
} from "../recognizer.ts";
import { framesOf } from "../timed-tokens/frames.ts";
import { knownLanguage } from "../timed-tokens/language.ts";
import { SpokenStream } from "./spoken-stream.ts";

export class StreamingRecognizer implements Recognizer {
  readonly needs: Needs;
  readonly can: Capabilities;
  readonly chunksAtOnce = chunksAtOnce;
  readonly #model: Model;

  constructor(model: Model) {
    const { input, languages, capabilities } = model.info;
    this.needs = {
      sampleRate: input === inputKind.pcm24k ? 24000 : 16000,
      chunkMaxS: null,
      speechOnly: true,
      speechSpans: false,
      speechProbs: true,
      ...framesOf(model.info),
    };
    this.can = {
      ...plainCapabilities,
      languages: [...languages],
      temperature: (capabilities & capability.temperature) !== 0,
      words: true,
      translate: (capabilities & capability.translate) !== 0,
      live: true,
    };
    this.#model = model;
  }

  open(start: SessionStart, lanes: JobLanes): Session {
    requireCapabilities(start.options, this.can);
    return new StreamingSession(this.#model, start, lanes);
  }
}

// --- internal ---

/** Maximum number of chunks in progress: one in the lane, and one that waits for the lane. */
const chunksAtOnce = 2;
/** Minimum length in seconds of a gap between chunks. A shorter gap is only the result of rounded times. */
const gapMinS = 1e-3;

type Found = Pick<ChunkResult, "segments" | "words">;

class StreamingSession implements Session {
  readonly chunksAtOnce = chunksAtOnce;
  /** Always 0, because the model does not support prompts. */
  readonly promptTokens = 0;
  readonly #model: Model;
  readonly #start: SessionStart;
  readonly #lanes: JobLanes;
  #hasWords: boolean;
  #pinned: PinnedLane | null = null;
  #stream: SpokenStream | null = null;
  /** Number of chunks that were fed to the current stream. */
  #chunksOfStream = 0;
  /**
   * Promise for the result of the last `push` or `finish`. The next call of `push` or `finish` starts after this
   * promise has settled.
   */
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: Model, start: SessionStart, lanes: JobLanes) {
    this.#model = model;
    this.#start = start;
    this.#lanes = lanes;
    this.#hasWords = (start.from?.segments ?? 0) > 0;
  }

  get language(): string | null {
    return knownLanguage(this.#start.options, this.#model.info, this.#hasWords);
  }

  push(chunk: AudioChunk): Promise<ChunkResult> {
    return this.#next(async ({ lane, threads }) => {
      const ended = this.#followsGap(chunk) ? await this.#endStream(lane) : nothing;
      this.#stream ??= await this.#openStream(lane, chunk.startS, threads);
      this.#chunksOfStream++;
      return joined(ended, await this.#stream.feed(lane, chunk));
    });
  }

  async finish(): Promise<ChunkResult> {
    if (this.#stream === null) return this.#toResult(nothing);
    return this.#next(({ lane }) => this.#endStream(lane));
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = null;
    if (stream !== null) await this.#pinned?.cleanUp((lane) => stream.close(lane));
    this.#pinned?.[Symbol.dispose]();
  }

  /** Runs `work` on the session's lane, after all earlier work of the session. */
  #next(work: (pinned: PinnedLane) => Promise<Found>): Promise<ChunkResult> {
    const result = this.#last
      .then(() => {
        const pinned = (this.#pinned ??= this.#lanes.pin());
        return this.#lanes.use(() => work(pinned), pinned.lane);
      })
      .then((found) => this.#toResult(found));
    this.#last = result;
    return result;
  }

  #followsGap({ startS }: AudioChunk): boolean {
    return this.#stream !== null && Math.abs(startS - this.#stream.endS) > gapMinS;
  }

  #openStream(lane: LaneClient, startS: number, threads: number): Promise<SpokenStream> {
    const { options, cancelFlag } = this.#start;
    const language = this.#model.info.languages.indexOf(options.language ?? "");
    const { temperature } = options;
    const stream = { language, translate: false, temperature, seed: 0, threads };
    const { logprobs } = options;
    const textEnd = this.#model.info.tokenTextEnd;
    const start = { vocabulary: this.#model, textEnd, logprobs, startS, temperature, cancelFlag };
    return SpokenStream.open(lane, stream, start);
  }

  async #endStream(lane: LaneClient): Promise<Found> {
    const stream = this.#stream;
    if (stream === null) return nothing;
    const rest = await stream.end(lane);
    await stream.close(lane);
    this.#stream = null;
    this.#chunksOfStream = 0;
    return rest;
  }

  #toResult(found: Found): ChunkResult {
    this.#hasWords ||= found.words.length > 0;
    const resume = { language: this.language, spokenS: {}, replay: this.#chunksOfStream };
    return { ...found, resume };
  }
}

const nothing: Found = { segments: [], words: [] };

function joined(a: Found, b: Found): Found {
  return { segments: [...a.segments, ...b.segments], words: [...a.words, ...b.words] };
}

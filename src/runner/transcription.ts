/**
 * Runs one job in a runner. Gets chunks of audio, gives them to a session, and delivers the results in order of time.
 */
import { AsrError } from "../errors.ts";
import type { Progress, TranscribeOptions } from "../ipc/options.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";
import type { Work } from "../ipc/work.ts";
import type { ModelInput } from "../transcript/transcript.ts";
import type { AudioOptions } from "./audio/audio-library.ts";
import type { AudioFiles } from "./audio/audio-files.ts";
import type { AudioEnd, AudioFile } from "./audio/audio-thread.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import type { Cancellation } from "./cancellation.ts";
import type { LanePool } from "./engine/lanes.ts";
import type { DecodedAudio } from "./decoded-audio.ts";
import { JobClock } from "./job-clock.ts";
import { LanesOfJob } from "./job-lanes.ts";
import type { ChunkResult, Recognizer, Session } from "./recognizer.ts";

/** The objects that all jobs of a runner share. */
export interface Engine {
  readonly recognizer: Recognizer;
  readonly lanes: LanePool;
  readonly audio: Pick<AudioFiles, "open" | "turns">;
  readonly decoded: DecodedAudio;
  readonly audioOptions: Omit<AudioOptions, "sampleRate">;
}

/**
 * Returns the maximum number of chunks of one job that are in a runner at the same time: the chunks in progress, and
 * one chunk that the audio thread is cutting.
 */
export function chunksInFlight({ chunksAtOnce }: Recognizer): number {
  return chunksAtOnce + 1;
}

export interface TranscriptionJob {
  readonly id: number;
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /**
   * Checkpoint of an earlier runner, from which the job continues. If it is null, the job starts at the beginning of
   * the file.
   */
  readonly from: Checkpoint | null;
  /** The client whose share of the lanes the job uses; null for a job of the operator. */
  readonly client: string | null;
  /** Time at which the result is needed, in milliseconds since 1970; null if the job has no deadline. */
  readonly deadlineMs: number | null;
  /** Cancels the job: stops the decoder and the engine, and ends the wait for a lane. */
  readonly cancellation: Cancellation;
  /**
   * Called once, when a lane starts to process the first chunk. If no lane processes a chunk, it is called at the end.
   */
  readonly onStart: () => void;
  /** Called with the results of each chunk, in order of time. */
  readonly onSegments: (results: ChunkResults) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Called at the end of the job, even after a failure. */
  readonly onWork: (work: Work) => void;
}

export interface TranscriptionEnd {
  readonly language: string | null;
  readonly durationS: number;
  /** Number of the transcribed audio track; absent if the file has only one track. */
  readonly audioTrack?: number;
}

/** Minimum length of audio in seconds. Shorter audio contains no word, so it is rejected, as OpenAI does. */
const audioMinS = 0.1;

export async function runTranscription(
  job: TranscriptionJob,
  engine: Engine,
): Promise<TranscriptionEnd> {
  const { id, options, from, cancellation } = job;
  const start = onceOnly(job.onStart);
  const { signal, cancelFlag } = cancellation;
  const clock = new JobClock();
  const lanes = new LanesOfJob({ pool: engine.lanes, job: id, signal, onUse: start, clock });
  const session = engine.recognizer.open({ options, from, cancelFlag }, lanes);
  using file = await openAudio(job, engine);
  const audio = engine.decoded.bounded(file, { job: id, signal });
  const orders = [engine.lanes.turns, engine.decoded.turns, engine.audio.turns];
  const onDone = (doneS: number): void => {
    const { durationS: totalS, channels } = audio;
    if (totalS !== null) for (const turns of orders) turns.setRemaining(id, totalS - doneS);
    job.onProgress({ doneS, totalS, channels });
  };
  // The client, the deadline and the audio length are reported before the job gets a lane, because they determine the
  // order of the jobs.
  if (job.client !== null) for (const turns of orders) turns.setClient(id, job.client);
  if (job.deadlineMs !== null) for (const turns of orders) turns.setDeadline(id, job.deadlineMs);
  onDone(0);
  const chunks = new ChunkQueue(job, session, {
    audio,
    framesPerS: engine.recognizer.needs.framesPerS,
    onDone,
    clock,
  });
  const feeding = feed(audio, chunks, clock);
  try {
    const { endS, track } = await Promise.race([feeding, chunks.failed]);
    await chunks.finish();
    if (endS < audioMinS) throw tooShort(endS);
    start();
    const audioTrack = track === null ? {} : { audioTrack: track };
    return { language: session.language, durationS: endS, ...audioTrack };
  } catch (error) {
    cancellation.cancel();
    throw error;
  } finally {
    await Promise.allSettled([feeding, chunks.settle()]);
    await session.close();
    job.onWork(clock.workDone(audio));
    engine.decoded.forget(id);
    for (const turns of orders) turns.forget(id);
  }
}

// --- internal ---

function openAudio(job: TranscriptionJob, { recognizer, audio, audioOptions }: Engine) {
  const { sampleRate, chunkMaxS, speechOnly, speechSpans, speechProbs } = recognizer.needs;
  const { id, audioPath, options, cancellation } = job;
  const request = {
    job: id,
    path: audioPath,
    options: { ...audioOptions, sampleRate, channel: channelOf(options) },
    track: options.audioTrack ?? null,
    chunkMaxS,
    vad: speechOnly ? options.vad : null,
    speechSpans,
    speechProbs,
    cancel: cancellation.cancelFlag,
  };
  return audio.open(request, cancellation.signal);
}

/**
 * Returns the number of the channel to decode; null for the mix of all channels. The server divides a job for each
 * channel into one job per channel (each-channel.ts), so a runner never gets `each`.
 */
function channelOf({ channel }: TranscribeOptions): number | null {
  if (channel === "each") throw new Error("expected the number of a channel, found each");
  return channel ?? null;
}

interface ChunkQueueOptions {
  readonly audio: AudioFile;
  /** Number of frames per second that the model processes; null if it is unknown. */
  readonly framesPerS?: number | null | undefined;
  /** Called with the length in seconds of the audio that is transcribed. */
  readonly onDone: (doneS: number) => void;
  readonly clock: JobClock;
}

/**
 * The chunks in progress. The queue delivers their results in order of time, as soon as they are complete. It does not
 * wait for more audio, because the audio may have to wait until other jobs give their chunks back.
 */
class ChunkQueue {
  readonly #job: TranscriptionJob;
  readonly #session: Session;
  readonly #audio: AudioFile;
  readonly #framesPerS: number | null;
  readonly #onDone: (doneS: number) => void;
  readonly #clock: JobClock;
  /** Rejects with the error of the first chunk that fails. */
  readonly failed: Promise<never>;
  readonly #fail: (error: unknown) => void;
  /** Results of all chunks in progress. */
  readonly #results = new Set<Promise<ChunkResult>>();
  /** Resolves when all results so far are delivered. */
  #delivered: Promise<void> = Promise.resolve();
  /** Wakes the caller of `untilSpace`. */
  #wake: () => void = () => {};
  #chunksToSkip: number;
  /** Number of chunks with a result, including skipped chunks. */
  #chunkCount: number;
  #segmentCount: number;

  constructor(
    job: TranscriptionJob,
    session: Session,
    { audio, framesPerS = null, onDone, clock }: ChunkQueueOptions,
  ) {
    this.#clock = clock;
    this.#framesPerS = framesPerS;
    this.#onDone = onDone;
    this.#job = job;
    this.#session = session;
    this.#audio = audio;
    this.#chunksToSkip = job.from?.replayFrom ?? 0;
    this.#chunkCount = this.#chunksToSkip;
    this.#segmentCount = job.from?.segments ?? 0;
    const { promise, reject } = Promise.withResolvers<never>();
    // Prevents an unhandled rejection if a chunk fails after the job has ended.
    promise.catch(() => {});
    this.failed = promise;
    this.#fail = reject;
  }

  /** Waits until the session accepts another chunk. */
  async untilSpace(): Promise<void> {
    while (this.#results.size >= this.#session.chunksAtOnce) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  push(chunk: AudioChunk): void {
    if (this.#chunksToSkip > 0) {
      this.#chunksToSkip--;
      this.#audio.giveBack(chunk);
      return;
    }
    const result = this.#session.push(chunk);
    this.#results.add(result);
    this.#delivered = this.#deliverAfter(this.#delivered, chunk, result);
    this.#delivered.catch(this.#fail);
  }

  /**
   * Delivers the remaining results and then the results of `session.finish()`. If there are results of
   * `session.finish()`, the checkpoint counts them as one more chunk.
   */
  async finish(): Promise<void> {
    await this.#delivered;
    // The results of `session.finish()` count as one more chunk. If this chunk is to be skipped, an earlier runner has
    // already delivered the results.
    if (this.#chunksToSkip > 0) return;
    const rest = await this.#session.finish();
    if (rest.segments.length > 0 || rest.words.length > 0) this.#deliver(rest);
  }

  /** Waits until no chunk is in progress. Ignores the failures of chunks. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#results);
  }

  /** Delivers the result of a chunk after the earlier results. Gives the chunk back as soon as nothing reads it. */
  async #deliverAfter(
    earlier: Promise<void>,
    chunk: AudioChunk,
    result: Promise<ChunkResult>,
  ): Promise<void> {
    const giveBack = (): void => this.#audio.giveBack(chunk);
    result.then(giveBack, giveBack);
    try {
      await earlier;
      const found = await result;
      const isNew = this.#clock.assemble(() => this.#deliver(found, this.#inputOf(chunk)));
      if (isNew) this.#onDone(chunk.startS + chunk.durationS);
    } finally {
      // After the failure of an earlier chunk, this chunk may still be in a lane.
      await Promise.allSettled([result]);
      this.#results.delete(result);
      this.#wake();
    }
  }

  /**
   * Delivers a result and returns true. If an earlier runner has already delivered the result, does nothing and returns
   * false.
   */
  #deliver({ segments, words, resume }: ChunkResult, input: ModelInput | null = null): boolean {
    const chunks = ++this.#chunkCount;
    if (chunks <= (this.#job.from?.chunks ?? 0)) return false;
    const numbered = segments.map((segment) => ({ id: this.#segmentCount++, ...segment }));
    const { replay, language, spokenS } = resume;
    const counts = { chunks, segments: this.#segmentCount, replayFrom: chunks - replay };
    this.#job.onSegments({
      segments: numbered,
      words: this.#job.options.words ? words : [],
      ...(input === null ? {} : { input }),
      checkpoint: { ...counts, language, spokenS },
    });
    return true;
  }

  /** Returns the amount of input that the model processes for a chunk; null if the number of frames is unknown. */
  #inputOf({ durationS }: AudioChunk): ModelInput | null {
    if (this.#framesPerS === null) return null;
    const audioFrames = Math.round(durationS * this.#framesPerS);
    return { audioFrames, promptTokens: this.#session.promptTokens };
  }
}

/**
 * Pushes all chunks of the file to the queue. Gets the next chunk only when the queue has space for it, because more
 * chunks in advance would only use memory.
 */
async function feed(audio: AudioFile, chunks: ChunkQueue, clock: JobClock): Promise<AudioEnd> {
  for (;;) {
    const next = await clock.reading(audio, () => audio.next());
    if ("endS" in next) return next;
    chunks.push(next);
    await chunks.untilSpace();
  }
}

function onceOnly(call: () => void): () => void {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
}

function tooShort(seconds: number): AsrError {
  return new AsrError(
    "audio_too_short",
    `Cannot transcribe ${seconds.toFixed(3)} s of audio: the minimum is ${audioMinS} s`,
    { param: "file" },
  );
}

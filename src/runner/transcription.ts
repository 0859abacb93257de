/** One job inside a runner: audio to chunks, chunks to lanes, results in order of time to whoever listens. */
import { AsrError } from "../errors.ts";
import type { Progress, TranscribeOptions, Work } from "../ipc/options.ts";
import type { AudioEnd, AudioFile, AudioThread } from "./audio/audio-thread.ts";
import type { AudioOptions } from "./audio/audio-library.ts";
import type { Cancellation } from "./cancellation.ts";
import { chunksInLineMax } from "./chunks-in-flight.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import type { LanePool } from "./engine/lanes.ts";
import { promptTokens } from "./whisper/prompt.ts";
import type { Checkpoint, ChunkResults } from "../ipc/protocol.ts";
import type { Model } from "./engine/asr-library.ts";
import type { Tokenizer } from "./whisper/tokenizer.ts";
import {
  type ChunkContext,
  type ChunkTranscript,
  type DecodeSettings,
  languageIndex,
  transcribeChunk,
} from "./whisper/transcribe-chunk.ts";

/** What all jobs of a runner share. */
export interface EngineRoom {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly lanes: LanePool;
  readonly lanesCount: number;
  readonly audio: AudioThread;
  readonly audioOptions: AudioOptions;
  readonly settings: DecodeSettings;
}

export interface TranscriptionJob {
  readonly id: number;
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /** Where another runner left off; null: at the beginning. */
  readonly from: Checkpoint | null;
  /** Stops the decoder and the engine, and the waiting for a lane. */
  readonly cancellation: Cancellation;
  /** Called when a lane takes up its first chunk, or it turns out to have none. */
  readonly onStart: () => void;
  /** Called with the results of each chunk, in order of time. */
  readonly onSegments: (results: ChunkResults) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Called at the end, also when it failed. */
  readonly onWork: (work: Work) => void;
}

export interface TranscriptionEnd {
  readonly language: string | null;
  readonly durationS: number;
}

/** Shorter audio holds no word, and OpenAI refuses it too. */
const audioMinS = 0.1;

export async function runTranscription(
  job: TranscriptionJob,
  room: EngineRoom,
): Promise<TranscriptionEnd> {
  const { id, audioPath, options, cancellation } = job;
  if (options.language !== null) languageIndex(options.language, room.model);
  const { windowMaxS } = room.model.info;
  using audio = await room.audio.open({
    job: id,
    path: audioPath,
    options: room.audioOptions,
    chunkMaxS: windowMaxS,
    vad: options.vad,
    wordTimes: options.words,
    cancel: cancellation.word,
  });
  // Those who plan by the length of what waits hear of it before its turn comes.
  job.onProgress({ doneS: 0, totalS: audio.durationS });
  const prompt = promptTokens(options, room);
  const chunks = new ChunkLine(job, room, prompt, audio);
  try {
    const { endS } = await feed(audio, chunks);
    await chunks.drain();
    if (endS < audioMinS) throw tooShort(endS);
    chunks.start();
    return { language: chunks.language, durationS: endS };
  } catch (error) {
    cancellation.cancel();
    await chunks.settle();
    throw error;
  } finally {
    job.onWork({ decodeS: audio.decodeS, engineS: chunks.engineS });
    room.lanes.forget(id);
  }
}

// --- internal ---

/** Chunks at work, oldest first; their results leave in the same order. */
class ChunkLine {
  /** Time that lanes took for it, added up. */
  engineS = 0;
  readonly #job: TranscriptionJob;
  readonly #room: EngineRoom;
  readonly #audio: AudioFile;
  readonly #context: Omit<ChunkContext, "threads">;
  readonly #line: { readonly chunk: AudioChunk; readonly result: Promise<ChunkTranscript> }[] = [];
  /** The job's language, once it is known. */
  #language: string | null;
  /** Seconds of segments in each language. */
  readonly #spokenS: Map<string, number>;
  #segmentCount: number;
  #chunkCount: number;
  #chunksToPass: number;
  #started = false;

  constructor(job: TranscriptionJob, room: EngineRoom, prompt: Int32Array, audio: AudioFile) {
    this.#job = job;
    this.#room = room;
    this.#audio = audio;
    const { from } = job;
    this.#language = from?.language ?? job.options.language;
    this.#spokenS = new Map(Object.entries(from?.spokenS ?? {}));
    this.#segmentCount = from?.segments ?? 0;
    this.#chunkCount = from?.chunks ?? 0;
    this.#chunksToPass = this.#chunkCount;
    this.#context = {
      model: room.model,
      settings: room.settings,
      options: job.options,
      promptTokens: prompt,
      cancel: job.cancellation.word,
    };
  }

  /** The language spoken most; null when nothing was said. */
  get language(): string | null {
    const [most] = [...this.#spokenS].toSorted(([, a], [, b]) => b - a);
    return most?.[0] ?? this.#language;
  }

  /** How many chunks may be at work. Until the language is known, one goes ahead of all others and finds it out. */
  get room(): number {
    const { multilingual } = this.#job.options;
    return this.#language === null && !multilingual ? 1 : chunksInLineMax(this.#room.lanesCount);
  }

  get length(): number {
    return this.#line.length;
  }

  /** Tells, once, that the job no longer waits. */
  start(): void {
    if (!this.#started) this.#job.onStart();
    this.#started = true;
  }

  push(chunk: AudioChunk): void {
    // Its results were handed on by a runner before this one.
    if (this.#chunksToPass > 0) {
      this.#chunksToPass--;
      this.#audio.giveBack(chunk);
      return;
    }
    const language = this.#job.options.multilingual ? null : this.#language;
    const { id, cancellation } = this.#job;
    const result = this.#room.lanes.use(id, cancellation.signal, async (lane, threads) => {
      this.start();
      const startMs = performance.now();
      try {
        return await transcribeChunk(lane, chunk, language, { ...this.#context, threads });
      } finally {
        this.engineS += (performance.now() - startMs) / 1000;
      }
    });
    // A later chunk may fail while an earlier one is awaited.
    result.catch(() => {});
    this.#line.push({ chunk, result });
  }

  /** Waits for the oldest chunk and hands its result on. */
  async shift(): Promise<void> {
    const oldest = this.#line[0];
    if (oldest === undefined) return;
    const { chunk, result } = oldest;
    const { language, segments, words } = await result;
    this.#line.shift();
    this.#audio.giveBack(chunk);
    if (language !== null) this.#countSpoken(language, segments);
    const numbered = segments.map((segment) => ({ id: this.#segmentCount++, ...segment }));
    this.#chunkCount++;
    this.#job.onSegments({ segments: numbered, words, checkpoint: this.#checkpoint });
    const doneS = chunk.startS + chunk.durationS;
    this.#job.onProgress({ doneS, totalS: this.#audio.durationS });
  }

  get #checkpoint(): Checkpoint {
    return {
      chunks: this.#chunkCount,
      segments: this.#segmentCount,
      language: this.#language,
      spokenS: Object.fromEntries(this.#spokenS),
    };
  }

  #countSpoken(language: string, segments: ChunkTranscript["segments"]): void {
    this.#language ??= language;
    const seconds = segments.reduce((sum, { startS, endS }) => sum + endS - startS, 0);
    this.#spokenS.set(language, (this.#spokenS.get(language) ?? 0) + seconds);
  }

  async drain(): Promise<void> {
    while (this.#line.length > 0) await this.shift();
  }

  /** Waits until no chunk is at work, whatever became of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#line.map(({ result }) => result));
  }
}

/** Decodes ahead of the lanes by one chunk: more would only be memory. */
async function feed(audio: AudioFile, chunks: ChunkLine): Promise<AudioEnd> {
  for (;;) {
    const next = await audio.next();
    if ("endS" in next) return next;
    chunks.push(next);
    while (chunks.length >= chunks.room) await chunks.shift();
  }
}

function tooShort(seconds: number): AsrError {
  return new AsrError(
    "audio_too_short",
    `Cannot transcribe ${seconds.toFixed(3)} s of audio: the minimum is ${audioMinS} s`,
    { param: "file" },
  );
}

/**
 * Defines the interface between a job and its model. A recognizer implements one kind of model (Whisper, transducer or
 * streaming) and contains all code about tokens. Its caller, `transcription.ts`, handles only chunks of audio, the
 * order of chunks and the lanes.
 */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { Checkpoint } from "../ipc/protocol.ts";
import type { Segment, Word } from "../transcript/transcript.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import type { LaneClient } from "./engine/lane-client.ts";

/** The form in which a recognizer needs the audio. */
export interface Needs {
  readonly sampleRate: 16000 | 24000;
  /**
   * Maximum length of a chunk in seconds. The audio is then cut at pauses. Null for a streaming model, which needs
   * short feeds that are cut at any position.
   */
  readonly chunkMaxS: number | null;
  /**
   * Whether silence may be removed from the audio of a job with voice activity. If this is false, the recognizer gets
   * all audio.
   */
  readonly speechOnly: boolean;
  /** Whether the chunks of jobs with voice activity contain their spans of speech. */
  readonly speechSpans: boolean;
  /** Whether the chunks of jobs with voice activity contain the probabilities of speech of their windows. */
  readonly speechProbs: boolean;
  /** Number of frames that the encoder produces per second of audio. Undefined if it is unknown. */
  readonly framesPerS?: number;
}

export interface Recognizer {
  readonly needs: Needs;
  readonly can: Capabilities;
  /** Maximum number of chunks that a session processes at the same time. */
  readonly chunksAtOnce: number;
  /** Opens a session. Throws `unsupported_value` with the name of the first field that the model does not support. */
  open(start: SessionStart, lanes: JobLanes): Session;
}

export interface SessionStart {
  readonly options: TranscribeOptions;
  /**
   * Checkpoint from which the job continues. An earlier session in another process created it. If it is null, the
   * session starts at the beginning of the file.
   */
  readonly from: Checkpoint | null;
  /** A flag in shared memory. A non-zero value stops the engine. */
  readonly cancelFlag: Int32Array;
}

/**
 * The transcription of one job. The caller pushes chunks in order of time and receives the results in order of time.
 */
export interface Session {
  /** Maximum number of chunks that may be in progress now. */
  readonly chunksAtOnce: number;
  /**
   * Language of the job; null while it is unknown. If the job has several languages, this is the language that is
   * spoken for the longest time.
   */
  readonly language: string | null;
  /**
   * Number of tokens that the model reads before each chunk. These are the tokens of the prompt and of the keywords.
   */
  readonly promptTokens: number;
  /**
   * Transcribes a chunk. The returned promises settle in the order of the calls. After the promise of a call has
   * settled, no code reads the chunk of this call.
   *
   * A result may contain text of an earlier chunk, because a streaming model returns a sentence with a delay.
   */
  push(chunk: AudioChunk): Promise<ChunkResult>;
  /**
   * Returns the results that no `push` has returned. The caller calls this function after the last `push` has settled.
   */
  finish(): Promise<ChunkResult>;
  /** Frees the engine resources of this session. The caller calls it once, at the end, when no chunk is in progress. */
  close(): Promise<void>;
}

export interface ChunkResult {
  /** Segments with times in seconds from the start of the file. The caller assigns the ids. */
  readonly segments: readonly Omit<Segment, "id">[];
  readonly words: readonly Word[];
  /** The state that a new session needs to continue after this chunk. */
  readonly resume: Pick<Checkpoint, "language" | "spokenS"> & {
    /**
     * Number of chunks that a new session must process again to restore its state. This chunk is the last one of them.
     */
    readonly replay: number;
  };
}

/**
 * Gives one job access to the lanes of the runner, and measures the work of the job. All jobs share the lanes, so each
 * use waits for a lane.
 */
export interface JobLanes {
  /**
   * Runs `work` on the lane `on`. If `on` is absent, runs it on the next free lane. `work` can then be stopped for a
   * shorter job, and runs again later.
   */
  use<T>(work: LaneWork<T>, on?: LaneClient): Promise<T>;
  /** Runs `work` outside of `use`. It turns tokens into segments and words. */
  assemble<T>(work: () => T): T;
  /** Pins a lane. The job can keep state in the lane between its uses. */
  pin(): PinnedLane;
}

export type LaneWork<T> = (lane: LaneClient, use: LaneUse) => Promise<T>;

/** What a work on a lane passes to the engine. */
export interface LaneUse {
  /** Number of CPU threads that the work may use in parallel. */
  readonly threads: number;
  /**
   * A flag in shared memory. A non-zero value stops the engine: the job is cancelled, or the work is stopped for a
   * shorter job.
   */
  readonly cancel: Int32Array;
  /** Length in seconds of the audio that the job still has to transcribe. */
  readonly remainingS: number;
}

/**
 * A lane that a job has pinned until the job disposes this object. Between two uses by the job, other jobs can use the
 * lane.
 */
export interface PinnedLane extends Disposable {
  readonly lane: LaneClient;
  /**
   * Number of CPU threads of this lane. A call on a pinned lane does not use the threads of idle lanes, because other
   * jobs will soon need those threads.
   */
  readonly threads: number;
  /**
   * Runs `work` before any waiting job gets the lane. The job may call this function even after it was cancelled.
   * `work` frees the state that the job left in the lane.
   */
  cleanUp(work: (lane: LaneClient) => Promise<void>): Promise<void>;
}

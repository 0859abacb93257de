/**
 * The interface between a job and its model. A recognizer implements one kind of model (Whisper, transducer,
 * streaming) and contains everything about tokens. `transcription.ts`, its caller, only knows chunks of audio, their
 * order and the lanes.
 */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { Checkpoint } from "../ipc/protocol.ts";
import type { Segment, Word } from "../transcript/transcript.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import type { LaneClient } from "./engine/lane-client.ts";

/** The audio that a recognizer needs. */
export interface Needs {
  readonly sampleRate: 16000 | 24000;
  /** Longest chunk, cut at pauses; null: short contiguous feeds, cut anywhere. */
  readonly chunkMaxS: number | null;
  /** Whether jobs with voice activity leave out silence. If false, the recognizer needs all audio. */
  readonly speechOnly: boolean;
  /** Whether jobs with voice activity add the spans of speech to each chunk. */
  readonly speechSpans: boolean;
  /** Frames of the encoder in a second of audio; absent: unknown. */
  readonly framesPerS?: number;
}

export interface Recognizer {
  readonly needs: Needs;
  readonly can: Capabilities;
  /** Maximum number of chunks that a session processes at once. */
  readonly chunksAtOnce: number;
  /** Throws `unsupported_value` with the name of the first field that the model does not support. */
  open(start: SessionStart, lanes: JobLanes): Session;
}

export interface SessionStart {
  readonly options: TranscribeOptions;
  /** The checkpoint of an earlier session of the job, in another process; null: start at the beginning. */
  readonly from: Checkpoint | null;
  /** In shared memory: non-zero stops the engine. */
  readonly cancelFlag: Int32Array;
}

/** The transcription of one job. Chunks go in and results come out in order of time. */
export interface Session {
  /** Maximum number of chunks that may be in progress now. */
  readonly chunksAtOnce: number;
  /** The language of the job, if known: the most spoken one. */
  readonly language: string | null;
  /**
   * Transcribes a chunk. The promises settle in the order of the chunks. After a promise has settled, no code reads its
   * chunk.
   *
   * A result may belong to an earlier chunk: a streaming model finishes a sentence late.
   */
  push(chunk: AudioChunk): Promise<ChunkResult>;
  /** Returns the remaining results after the last chunk. */
  finish(): Promise<ChunkResult>;
  /** Frees the engine resources of this session. Called once, at the end, when no chunk is in progress. */
  close(): Promise<void>;
}

export interface ChunkResult {
  /** Times are seconds from the start of the file. The caller assigns ids. */
  readonly segments: readonly Omit<Segment, "id">[];
  readonly words: readonly Word[];
  /** The state that a new session needs to continue after this chunk. */
  readonly resume: Pick<Checkpoint, "language" | "spokenS"> & {
    /** How many of the last chunks, including this one, a new session must process again to restore its state. */
    readonly replay: number;
  };
}

/** The lanes of the runner, for one job. Jobs take turns: each use waits for a lane. */
export interface JobLanes {
  /**
   * Runs `work` on the given lane, or on the next free one. `threads` is the number of CPU threads for parallel work.
   */
  use<T>(work: (lane: LaneClient, threads: number) => Promise<T>, on?: LaneClient): Promise<T>;
  /** Reserves a lane for state that lives longer than one use. */
  pin(): PinnedLane;
}

/** A lane that a job has pinned until it disposes this object. Between the uses of the job, other jobs use the lane. */
export interface PinnedLane extends Disposable {
  readonly lane: LaneClient;
  /**
   * Number of CPU threads of this lane. Unlike `use`, a pinned lane borrows no threads of idle lanes, because other jobs
   * need those a moment later.
   */
  readonly threads: number;
  /**
   * Runs `work` before the work of other jobs, even after a cancel. `work` frees the state that the job left in the
   * lane.
   */
  cleanUp(work: (lane: LaneClient) => Promise<void>): Promise<void>;
}

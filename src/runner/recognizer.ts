/**
 * The seam between a job and its model. A recognizer is one kind of model (Whisper, transducer, streaming): everything about
 * tokens lies behind it. In front of it, `transcription.ts` knows chunks of audio, their order and the lanes.
 */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { Checkpoint } from "../ipc/protocol.ts";
import type { Segment, Word } from "../transcript/transcript.ts";
import type { AudioChunk } from "./audio/chunker.ts";
import type { LaneClient } from "./engine/lane-client.ts";

/** What a recognizer expects of its audio. */
export interface Needs {
  readonly sampleRate: 16000 | 24000;
  /** Longest chunk, cut in pauses; null: short feeds, one directly after the other, cut anywhere. */
  readonly chunkMaxS: number | null;
  /** Silence may be left out, if the job wants voice activity; else all audio comes. */
  readonly speechOnly: boolean;
  /** Chunks say where in them somebody speaks, in jobs that ask for the times of words. */
  readonly speechSpans: boolean;
}

export interface Recognizer {
  readonly needs: Needs;
  readonly can: Capabilities;
  /** Most chunks that a session works on at the same time. */
  readonly chunksAtOnce: number;
  /** Throws `unsupported_value`, with the name of the field, when the model cannot do what the options ask for. */
  open(start: SessionStart, lanes: JobLanes): Session;
}

export interface SessionStart {
  readonly options: TranscribeOptions;
  /** Where an earlier session of the job ended, in another process; null: at the beginning. */
  readonly from: Checkpoint | null;
  /** In shared memory: non-zero stops the engine. */
  readonly cancelFlag: Int32Array;
}

/** The work on one job: chunks in order of time go in, their results come out in the same order. */
export interface Session {
  /** How many chunks may be at work now. */
  readonly chunksAtOnce: number;
  /** The language of the job as far as it is known: the one that was spoken most. */
  readonly language: string | null;
  /**
   * The promises settle in the order of the chunks. A promise settles when nothing reads its chunk any more. A result may
   * belong to an earlier chunk: a streaming model finishes a sentence late.
   */
  push(chunk: AudioChunk): Promise<ChunkResult>;
  /** Returns the results that are left after the last chunk. */
  finish(): Promise<ChunkResult>;
  /** Frees the engine's resources of this session. Called once, at the end, when no chunk is at work. */
  close(): Promise<void>;
}

export interface ChunkResult {
  /** Times on the file's clock; ids are given later. */
  readonly segments: readonly Omit<Segment, "id">[];
  readonly words: readonly Word[];
  /** What a new session needs to go on after this chunk. */
  readonly resume: Pick<Checkpoint, "language" | "spokenS"> & {
    /** How many of the last chunks, this one included, it must hear again to get into the same state. */
    readonly replay: number;
  };
}

/** The lanes of the process, as one job may use them. Jobs take turns: each use waits for one. */
export interface JobLanes {
  /** Runs `work` on the given lane, else on the next free one. `threads` is for CPU work that several threads can share. */
  use<T>(work: (lane: LaneClient, threads: number) => Promise<T>, on?: LaneClient): Promise<T>;
  /** A lane for state that lives longer than one use. */
  pin(): PinnedLane;
}

/** Held until it is disposed of; other jobs use the lane too, between the uses of this one. */
export interface PinnedLane extends Disposable {
  readonly lane: LaneClient;
  /** Its own CPU threads. More, as single uses may have them, are needed by others a moment later. */
  readonly threads: number;
  /** Runs `work`, which frees what the job left in the lane, before the work of other jobs, even after a cancel. */
  cleanUp(work: (lane: LaneClient) => Promise<void>): Promise<void>;
}

/** One transcription to do, and who can do it. */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { Progress, TranscribeOptions, Work } from "../ipc/options.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

/** The model that a name leads to, found once for a job. */
export interface ResolvedModel {
  /** Its name in lists, logs and metrics; never a path. */
  readonly id: string;
  readonly backend: string;
  /** Where its files lie: not for clients. */
  readonly source: { readonly path: string } | { readonly embedded: string };
  /** What its weights take; 0 when it has no files. */
  readonly bytes: number;
  /** When its weights were made; null: with the executable. */
  readonly mtimeMs: number | null;
  /** Null when they are known only after the model is loaded. */
  readonly capabilities: Capabilities | null;
}

export interface Job {
  readonly model: ResolvedModel;
  /** Who asked: a client may come back when the server is busy, a command line waits. */
  readonly origin: "operator" | "client";
  /** The encoded audio, a private file that outlives the job. */
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /** Aborted when nobody waits for the result any more; the work then stops. */
  readonly signal: AbortSignal;
  /** Called when a lane takes up the first of the audio, or there is nothing in it for a lane. */
  readonly onStart?: () => void;
  /** Called with each segment once it is final, in order of time. */
  readonly onSegment?: (segment: Segment) => void;
  /** Called as the work advances. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called when a runner is done with it, also when it failed. */
  readonly onWork?: (work: Work) => void;
}

/** A model as `GET /v1/models` lists it. */
export interface ModelEntry {
  readonly id: string;
  /** Unix seconds: when its weights were made. */
  readonly created: number;
  readonly backend: string;
}

/** A backend as `open-asr-server backends` lists it. */
export interface BackendEntry {
  readonly id: string;
  readonly displayName: string;
  readonly devices: readonly string[];
  /** Null when it is ready on this machine, else why not and what to do. */
  readonly unavailable: string | null;
  readonly capabilities: readonly string[];
  readonly models: readonly string[];
}

/** The process of a model that was used, as metrics tell of it. */
export interface RunnerEntry {
  readonly model: string;
  readonly backend: string;
  /** Null while there is none. */
  readonly pid: number | null;
  readonly residentBytes: number;
  /** Jobs at work in it. */
  readonly jobs: number;
  /** How often another took the place of one that had died. */
  readonly restarts: number;
  /** Whether it died and the next one is not loaded yet. */
  readonly isRestarting: boolean;
}

/** What the routes and the command line need of the engine room; `registry.ts` is it. */
export interface Transcriber {
  /**
   * Finds the model of that name, the default for null, without loading it: a path is taken from the operator, from a
   * client only when allowed. Throws AsrError `model_not_found`, `model_not_allowed`, `runner_restarting`, or that of
   * a model that does not fit into memory.
   */
  resolve(model: string | null, origin: Job["origin"]): Promise<ResolvedModel>;
  /** Throws AsrError `unsupported_value` for what the model cannot do. */
  transcribe(job: Job): Promise<Transcript>;
  /** Loads a model ahead of its first job. */
  preload(model: string | null): Promise<void>;
  /** Those that clients may name. */
  models(): Promise<readonly ModelEntry[]>;
  backends(): Promise<readonly BackendEntry[]>;
  runners(): readonly RunnerEntry[];
  /** Ends every runner, its jobs fail with `server_stopping`; resolves when the processes are gone. */
  close(): Promise<void>;
}

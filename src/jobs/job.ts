/** A transcription job, and the interface of the code that runs jobs. */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { JobEvent } from "./events.ts";

/** The model that a name in a request refers to. The name is resolved once per job. */
export interface ResolvedModel {
  /** The name in lists, logs and metrics. It is never a path. */
  readonly id: string;
  readonly backend: string;
  /** Location of the model's files. Clients never see it. */
  readonly source: { readonly path: string } | { readonly embedded: string };
  /** Size of the weights; 0 when the model has no files. */
  readonly bytes: number;
  /** Modification time of the weights; null when they are part of the executable. */
  readonly mtimeMs: number | null;
  /** Null when the capabilities are unknown until the model is loaded. */
  readonly capabilities: Capabilities | null;
  /** Longest audio that the model transcribes at once, in seconds. */
  readonly chunkMaxS: number;
}

/** An option for which the operator can set a default. */
export type DefaultedOption = "language" | "prompt";

export interface Job {
  readonly model: ResolvedModel;
  /** "client": an HTTP request, which the client can retry. "operator": the command line, which waits instead. */
  readonly origin: "operator" | "client";
  /** Path of the audio file. The file must exist until the job has ended. */
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /** Options that the request left out: the operator's default applies to them. Absent: none. */
  readonly leftOut?: readonly DefaultedOption[];
  /** Seconds that the model stays loaded after this job, at most as long as the server's own setting; null: that setting. */
  readonly keepAliveS: number | null;
  /** Aborting it stops the job, because its result is no longer needed. */
  readonly signal: AbortSignal;
}

/** An entry of the list in `GET /v1/models`. */
export interface ModelEntry {
  readonly id: string;
  /** Modification time of the weights, in Unix seconds. */
  readonly created: number;
  readonly backend: string;
}

/** An entry of the list that `open-asr-server backends` prints. */
export interface BackendEntry {
  readonly id: string;
  readonly displayName: string;
  readonly devices: readonly string[];
  /** Null when the backend is ready on this machine, else the reason and the remedy. */
  readonly unavailable: string | null;
  readonly capabilities: readonly string[];
  readonly models: readonly string[];
}

/** The metrics of the runner of a model that has been used. */
export interface RunnerEntry {
  readonly model: string;
  readonly backend: string;
  /** Null while the model has no process. */
  readonly pid: number | null;
  readonly residentBytes: number;
  /** Number of jobs that the process works on. */
  readonly jobs: number;
  /** Number of processes that were started to replace a dead one. */
  readonly restarts: number;
  /** Whether the process died and the next process has not loaded the model yet. */
  readonly isRestarting: boolean;
}

/** A loaded model, for the operator. */
export interface LoadedEntry {
  /** `backend:model`. */
  readonly id: string;
  readonly backend: string;
  readonly model: string;
  /** Preloaded: it stays loaded when idle, unless the settings say otherwise. */
  readonly pinned: boolean;
  /** Jobs that run or wait for the model's process, and loads ahead of a job. */
  readonly uses: number;
  readonly idleS: number;
  readonly memoryBytes: number;
}

/** How the caller waits for the download of a model. */
export interface ModelWait {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ModelDownload) => void;
}

/** How far the download of a model is. */
export interface ModelDownload {
  /** "waiting": for another process that downloads the same model. */
  readonly state: "listing" | "waiting" | "downloading";
  /** Bytes on disk, those of an earlier download included. */
  readonly bytes: number;
  /** 0 while the list of files is not known. */
  readonly totalBytes: number;
}

/** The routes and the command line use models through this interface. `registry.ts` implements it. */
export interface Transcriber {
  /**
   * Finds the model with this name (null: the default model) without loading it. Throws AsrError `model_not_found`,
   * `model_not_allowed` (for example for a path that the operator did not allow), `runner_restarting`, or
   * `server_busy` or `out_of_memory` when the model does not fit into memory.
   */
  resolve(model: string | null, origin: Job["origin"], wait?: ModelWait): Promise<ResolvedModel>;
  /** Throws the error of the first alias in the settings whose model can neither be found nor downloaded. */
  requireAliases(): Promise<void>;
  /** The number of lanes of each model that `resolve` has found, by model id. */
  lanes(): ReadonlyMap<string, number>;
  /**
   * The job starts when the caller reads the first event. The job is aborted when the caller stops reading. A read
   * throws the error of the job, for example AsrError `unsupported_value` when the model does not support an option.
   */
  transcribe(job: Job): AsyncIterable<JobEvent>;
  /** Loads a model that clients may name ahead of its first job. */
  load(model: string | null): Promise<LoadedEntry>;
  /** Loads a model of the operator and pins it: it stays loaded when it is idle. */
  preload(model: string | null): Promise<void>;
  /** The models that are in memory. */
  loaded(): readonly LoadedEntry[];
  /**
   * Ends the process of the model, which returns all its memory; the next job loads it again. Throws AsrError
   * `model_not_found`, `model_not_loaded`, or `model_in_use`: the model has jobs, or it is pinned and `force` is not set.
   */
  unload(model: string, options: { readonly force: boolean }): Promise<LoadedEntry>;
  /** The models that clients may use, then OpenAI's names for the default model. */
  models(): Promise<readonly ModelEntry[]>;
  /** The model that a client's name stands for. Throws AsrError `model_not_found`. */
  model(name: string): Promise<ModelEntry>;
  backends(): Promise<readonly BackendEntry[]>;
  runners(): readonly RunnerEntry[];
  /** Kills all runners; their jobs fail with `server_stopping`. Resolves when the processes have exited. */
  close(): Promise<void>;
}

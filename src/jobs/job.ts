/** Defines a transcription job, and the interface for running jobs. */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { Task } from "../transcript/transcript.ts";
import type { JobEvent } from "./events.ts";
import type { ModelCounts, ModelMetadata, PulledModel } from "./model-facts.ts";

/** The model that the name in a request refers to. The name is resolved once for each job. */
export interface ResolvedModel {
  /** Name of the model in lists, logs and metrics. It is never a path. */
  readonly id: string;
  readonly backend: string;
  /** Location of the model's files. It is never sent to clients. */
  readonly source: { readonly path: string } | { readonly embedded: string };
  /** Size of the weights in bytes. 0 when the engine needs no files for the model. */
  readonly bytes: number;
  /** Modification time of the weights, in milliseconds since 1970. Null when the weights are part of the executable. */
  readonly mtimeMs: number | null;
  /** Capabilities of the model. Null when the model must be loaded before its capabilities are known. */
  readonly capabilities: Capabilities | null;
  /** Length of the longest audio that the model transcribes in one step, in seconds. */
  readonly chunkMaxS: number;
}

/** An option for which the operator can set a default. */
export type DefaultedOption = "language" | "prompt";

export interface Job {
  readonly model: ResolvedModel;
  /**
   * "client": the job comes from an HTTP request. If the runner of the model is restarting, the job fails, because the
   * client can retry. "operator": the job comes from the command line. In the same situation, the job waits for the
   * runner.
   */
  readonly origin: "operator" | "client";
  /** Path of the audio file. The file must exist until the job has ended. */
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /**
   * Options that the request does not contain. The operator's defaults apply to these options. Undefined when there are
   * none.
   */
  readonly leftOut?: readonly DefaultedOption[];
  /**
   * Time in seconds that the model stays loaded after this job. The setting of the server limits this time. Null when
   * the request contains no time, so that the setting of the server applies.
   */
  readonly keepAliveS: number | null;
  /** Id of the client (see `TicketOptions`), which gets its share of the lanes. Absent for a job of the operator. */
  readonly client?: string;
  /**
   * Time at which the result is needed, in milliseconds since 1970. The job runs before jobs with a later deadline.
   * Absent when the job has no deadline.
   */
  readonly deadlineMs?: number | undefined;
  /** Signal that is aborted when the result of the job is no longer needed. The job then stops. */
  readonly signal: AbortSignal;
}

/** An entry of the list in `GET /v1/models`. */
export interface ModelEntry {
  /** Name of the model that requests may use. */
  readonly id: string;
  /** Id of the model that this name selects. Null when the model is not on this machine yet. */
  readonly selects: string | null;
  /** Modification time of the weights, in seconds since 1970. */
  readonly created: number;
  readonly backend: string;
}

/** An entry of the list that `open-asr-server backends` prints. */
export interface BackendEntry {
  readonly id: string;
  readonly displayName: string;
  readonly devices: readonly string[];
  /** Reason why the backend cannot run on this machine, and what the operator can do. Null when the backend can run. */
  readonly unavailable: string | null;
  readonly capabilities: readonly string[];
  readonly models: readonly string[];
}

/** Metrics of the runner of a model that has been used since the start of the server. */
export interface RunnerEntry {
  readonly model: string;
  readonly backend: string;
  /** Process id. Null while no process runs for the model. */
  readonly pid: number | null;
  /** Name, version and build options of the engine. Null while no process has loaded the model. */
  readonly engine: string | null;
  /** Whether the model runs on the CPU because the GPU does not work. */
  readonly gpuFailed: boolean;
  readonly residentBytes: number;
  /** Number of jobs that the process is working on. */
  readonly jobs: number;
  /** Number of processes that were started to replace a dead process. */
  readonly restarts: number;
  /** Whether the process has died and its replacement has not loaded the model yet. */
  readonly isRestarting: boolean;
}

/** A loaded model, in the form in which the admin routes list it. */
export interface LoadedEntry {
  /** Id in the form `backend:model`. */
  readonly id: string;
  readonly backend: string;
  readonly model: string;
  /**
   * Whether the model was preloaded. A preloaded model stays loaded when it is idle, unless the setting
   * OPEN_ASR_SERVER_EVICT_PRELOADED_MODELS is on.
   */
  readonly pinned: boolean;
  /**
   * Number of jobs that run or wait for the runner process of the model, plus the number of unfinished calls of `load`
   * and `preload`.
   */
  readonly uses: number;
  readonly idleS: number;
  readonly memoryBytes: number;
}

/** Options for a caller that waits for the download of a model. */
export interface ModelWait {
  readonly signal: AbortSignal;
  /**
   * Task of the request. A model that cannot perform the task is not downloaded. Undefined when the model is used for
   * transcriptions and for translations.
   */
  readonly task?: Task;
  readonly onProgress?: (progress: ModelDownload) => void;
}

/** Progress of the download of a model. */
export interface ModelDownload {
  /** "waiting": another process is downloading the same model. */
  readonly state: "listing" | "waiting" | "downloading";
  /** Number of bytes on disk, including bytes from an earlier download. */
  readonly bytes: number;
  /** Size of the complete model in bytes. 0 until the list of files is known. */
  readonly totalBytes: number;
}

/** Interface through which the HTTP routes and the command line use models. `registry.ts` implements it. */
export interface Transcriber {
  /**
   * Finds the model with this name without loading it. Null means the default model. Throws AsrError `model_not_found`
   * or `runner_restarting`. Throws `model_not_allowed`, for example for a path that the operator did not allow. Throws
   * `unsupported_value` when the model cannot perform `wait.task`. Throws `server_busy` or `out_of_memory` when the
   * model does not fit into memory.
   */
  resolve(model: string | null, origin: Job["origin"], wait?: ModelWait): Promise<ResolvedModel>;
  /**
   * Checks the aliases in the settings. Throws an error for the first alias whose model is not on this machine and
   * cannot be downloaded.
   */
  requireAliases(): Promise<void>;
  /** Returns the number of lanes of each model that `resolve` has found, by model id. */
  lanes(): ReadonlyMap<string, number>;
  /**
   * Runs a job. The job starts when the caller reads the first event, and is aborted when the caller stops reading. If
   * the job fails, reading the next event throws the error of the job, for example AsrError `unsupported_value` when
   * the model does not support an option.
   */
  transcribe(job: Job): AsyncIterable<JobEvent>;
  /**
   * Loads a model before the first job needs it. Clients must be allowed to use the model. When `wait.signal` is
   * aborted, throws, but the model continues to load.
   */
  load(model: string | null, wait?: ModelWait): Promise<LoadedEntry>;
  /** Loads a model that the operator names, and pins it: the model stays loaded when it is idle. */
  preload(model: string | null): Promise<void>;
  /** Returns the models that are in memory. */
  loaded(): readonly LoadedEntry[];
  /**
   * Ends the process of the model, so that all memory of the process becomes free. The next job loads the model again.
   * Throws AsrError `model_not_found` or `model_not_loaded`. Throws `model_in_use` when the model has jobs, or when the
   * model is pinned and `force` is false.
   */
  unload(model: string, options: { readonly force: boolean }): Promise<LoadedEntry>;
  /** Downloads the newest files of a model. Throws when `wait.signal` is aborted, but the download continues. */
  pull(model: string, wait: ModelWait): Promise<PulledModel>;
  /**
   * Deletes the files of a model. Throws AsrError `model_not_found`, `model_in_use`, or `model_not_removable` when this
   * server did not download the files. Returns the id of the model.
   */
  remove(model: string): Promise<string>;
  counts(): ModelCounts;
  /** Returns facts about the models that clients may use, the models in memory, and the patterns of the backends. */
  metadata(): Promise<readonly ModelMetadata[]>;
  /** Returns the models that clients may use, followed by OpenAI's names for the default model. */
  models(): Promise<readonly ModelEntry[]>;
  /** Returns the model that a name from a client refers to. Throws AsrError `model_not_found`. */
  model(name: string): Promise<ModelEntry>;
  backends(): Promise<readonly BackendEntry[]>;
  runners(): readonly RunnerEntry[];
  /** Kills all runners. Their jobs fail with `server_stopping`. Resolves when all processes have exited. */
  close(): Promise<void>;
}

/** One transcription to do, and the interface of the code that does it. */
import type { Capabilities } from "../ipc/capabilities.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import type { JobEvent } from "./events.ts";

/** The model that a name stands for. The name is resolved once per job. */
export interface ResolvedModel {
  /** The name in lists, logs and metrics; never a path. */
  readonly id: string;
  readonly backend: string;
  /** Location of its files; never shown to clients. */
  readonly source: { readonly path: string } | { readonly embedded: string };
  /** Size of its weights; 0 when it has no files. */
  readonly bytes: number;
  /** Time of its weights; null: they are part of the executable. */
  readonly mtimeMs: number | null;
  /** Null when they are known only after the model is loaded. */
  readonly capabilities: Capabilities | null;
  /** Longest audio that the model transcribes at once, in seconds. */
  readonly chunkMaxS: number;
}

/** An option for which the operator can set a default. */
export type DefaultedOption = "language" | "prompt";

export interface Job {
  readonly model: ResolvedModel;
  /** A client can retry when the server is busy; a file of the command line waits. */
  readonly origin: "operator" | "client";
  /** The encoded audio, a private file that outlives the job. */
  readonly audioPath: string;
  readonly options: TranscribeOptions;
  /** Options without a value of their own; the operator's default applies. Absent: none. */
  readonly leftOut?: readonly DefaultedOption[];
  /** Aborted when the result is no longer needed; the work then stops. */
  readonly signal: AbortSignal;
}

/** A model as `GET /v1/models` lists it. */
export interface ModelEntry {
  readonly id: string;
  /** Unix time of its weights, in seconds. */
  readonly created: number;
  readonly backend: string;
}

/** A backend as `open-asr-server backends` lists it. */
export interface BackendEntry {
  readonly id: string;
  readonly displayName: string;
  readonly devices: readonly string[];
  /** Null when the backend is ready on this machine, else the reason and what to do. */
  readonly unavailable: string | null;
  readonly capabilities: readonly string[];
  readonly models: readonly string[];
}

/** The process of a model that was used, for metrics. */
export interface RunnerEntry {
  readonly model: string;
  readonly backend: string;
  /** Null while no process runs. */
  readonly pid: number | null;
  readonly residentBytes: number;
  /** Jobs that run in it. */
  readonly jobs: number;
  /** How often a process replaced one that had died. */
  readonly restarts: number;
  /** Whether the process died and the next one is not loaded yet. */
  readonly isRestarting: boolean;
}

/** The interface between the routes and command line, and the models; `registry.ts` implements it. */
export interface Transcriber {
  /**
   * Finds the model of that name (null: the default model) without loading it. Clients may use a path only when the
   * operator allows it. Throws AsrError `model_not_found`, `model_not_allowed`, `runner_restarting`, or the error of a
   * model that does not fit into memory.
   */
  resolve(model: string | null, origin: Job["origin"]): Promise<ResolvedModel>;
  /** The number of lanes of each model that `resolve` has found, by id. */
  lanes(): ReadonlyMap<string, number>;
  /**
   * The job starts at the first read; a reader that stops aborts it. A read throws the error of the job: AsrError
   * `unsupported_value` when the model cannot honour an option.
   */
  transcribe(job: Job): AsyncIterable<JobEvent>;
  /** Loads a model ahead of its first job. */
  preload(model: string | null): Promise<void>;
  /** The models that clients may name. */
  models(): Promise<readonly ModelEntry[]>;
  backends(): Promise<readonly BackendEntry[]>;
  runners(): readonly RunnerEntry[];
  /** Ends every runner; jobs fail with `server_stopping`. Resolves when the processes are gone. */
  close(): Promise<void>;
}

/** Description of a backend: an engine, its library and its models. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface Backend {
  /** Prefix of a model reference: `id:model`. */
  readonly id: string;
  readonly displayName: string;
  /** Name of the engine's library in the executable. */
  readonly library: string;
  readonly devices: readonly Device[];
  /** Globs that match the model names of this backend. */
  readonly patterns: readonly string[];
  /** Published models; a similar name is suggested when a model is not found. */
  readonly publishedModels: readonly string[];
  /** Models embedded in the executable: name to embedded file. */
  readonly embedded: Readonly<Record<string, string>>;
  /** How a model is stored. "none": the engine knows the model by its name and needs no files. */
  readonly storage: "file" | "folder" | "none";
  /** File name of a model in the folder of models. */
  readonly fileName?: (model: string) => string;
  /** Repositories of a model, "Organization/Name", in order of preference. */
  readonly repositories?: (model: string) => readonly string[];
  /** The repository to download a model from; null when it is unknown. */
  readonly remote?: (model: string) => RemoteModel | null;
  /** The file with the weights in the folder of a model. */
  readonly weightsFile?: string;
  /** The backend supports the setting OPEN_ASR_COMPUTE_TYPE. */
  readonly supportsComputeType?: true;
  /** Environment variables that the library reads when it is loaded. The operator's variables override them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A system library that the engine's library needs on Linux. */
  readonly systemLibrary?: SystemLibrary;
  /** The CPU feature without which the engine is slow; absent: the engine is fast on every CPU. */
  readonly fastWith?: string;
  /** Longest chunk of audio that the model transcribes at once, in seconds. */
  readonly chunkMaxS: number;
  /** Memory of a process, besides the files of its model. */
  readonly memory: MemoryUse;
  /** Description of a model's path in error messages. */
  readonly expectedPath: string;
  /**
   * Reads the capabilities of a model from its files, without loading it; null when the files belong to another engine.
   * Throws AsrError `model_load_failed` when the files belong to this engine but are damaged.
   */
  readonly inspect: (path: string) => Promise<Capabilities | null>;
}

export interface MemoryUse {
  readonly processBytes: number;
  /** Activations and caches of one lane. Their size grows with the model, and so with the size of its file. */
  readonly laneBytes: number;
  readonly laneBytesPerFileByte: number;
}

export interface RemoteModel {
  /** "Organization/Name". */
  readonly repository: string;
  /** Names, or globs that match one file each. */
  readonly files: readonly string[];
  /** The backend knows the model by its name: it is not any repository that a name can spell. */
  readonly isPublished: boolean;
  /** The folder that holds the files; null for a model of one file. */
  readonly folder: string | null;
  /** Approximate size of all files; null when it is unknown. */
  readonly bytes: number | null;
}

interface SystemLibrary {
  readonly soname: string;
  /** Packages that contain the library. */
  readonly packages: string;
}

type Device = "cpu" | "metal" | "cuda";

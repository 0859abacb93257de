/** Description of a backend: an engine, its library and its models. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface Backend {
  /** Prefix of a model reference: `id:model`. */
  readonly id: string;
  readonly displayName: string;
  /** Name of the engine's library in the executable. */
  readonly library: string;
  readonly devices: readonly Device[];
  /** Globs of the model names that the backend accepts. */
  readonly patterns: readonly string[];
  /** Published models; a similar name is suggested when a model is not found. */
  readonly publishedModels: readonly string[];
  /** Models embedded in the executable: name to embedded file. */
  readonly embedded: Readonly<Record<string, string>>;
  /** A model on disk is a file or a folder. "name": the engine loads by name, without files. */
  readonly form: "file" | "folder" | "name";
  /** File name of a model in the folder of models. */
  readonly fileName?: (model: string) => string;
  /** Repositories of a model, "Organization/Name", in order of preference. */
  readonly repositories?: (model: string) => readonly string[];
  /** The repository to download a model from; null when it is unknown. */
  readonly remote?: (model: string) => RemoteModel | null;
  /** The file with the weights in the folder of a model. */
  readonly weightsFile?: string;
  /** The backend supports the setting of the number format. */
  readonly takesComputeType?: true;
  /** Environment variables that the library reads when it is loaded. The operator's variables override them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A system library that the engine's library needs on Linux. */
  readonly systemLibrary?: SystemLibrary;
  /** Longest chunk of audio for one transcription step, in seconds. */
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
  /** Activations and caches of one lane. They grow with the dimensions of the model, so with its file. */
  readonly laneBytes: number;
  readonly laneBytesPerFileByte: number;
}

/**
 * Of Whisper with 30 s of audio per lane. Measured at the peak and rounded up: one, two and four lanes of base and tiny.en,
 * both engines, 8 and 16 bits, 5 beams, word times.
 */
export const whisperMemory: MemoryUse = {
  processBytes: 200e6,
  laneBytes: 140e6,
  laneBytesPerFileByte: 1,
};

export interface RemoteModel {
  /** "Organization/Name". */
  readonly repository: string;
  readonly files: readonly string[];
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

/** What a backend is: data about an engine's shim, the same shape for every engine. */
import type { Capabilities } from "../../ipc/capabilities.ts";

export interface Backend {
  /** What users write before the colon. */
  readonly id: string;
  readonly displayName: string;
  /** Name of the shim's library among the files of the executable. */
  readonly library: string;
  readonly devices: readonly Device[];
  /** Globs of the model names it serves. */
  readonly patterns: readonly string[];
  /** Names of models that are published for it, to suggest one of them for a name that is not found. */
  readonly publishedModels: readonly string[];
  /** Models that lie inside the executable: name to embedded file. */
  readonly embedded: Readonly<Record<string, string>>;
  /** What a model is on disk; "name": nothing, the engine loads a name as it is. */
  readonly form: "file" | "folder" | "name";
  /** Name of the file that holds a model of that name, in a folder of models. */
  readonly fileName?: (model: string) => string;
  /** Model repositories that hold a model of that name, "Organization/Name", best first. */
  readonly repositories?: (model: string) => readonly string[];
  /** Where a model of that name can be downloaded; null when that is not known. */
  readonly remote?: (model: string) => RemoteModel | null;
  /** The file of a folder that holds nearly all of its bytes. */
  readonly weightsFile?: string;
  /** It computes in the number format that the operator chooses. */
  readonly takesComputeType?: true;
  /** Variables that its libraries read when they are opened; the operator's own win. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A library of a Linux system that its own library needs. */
  readonly systemLibrary?: SystemLibrary;
  /** Longest audio that its models transcribe at once, in seconds. */
  readonly chunkMaxS: number;
  /** What a path must lead to, for the words of an error. */
  readonly pathMeans: string;
  /**
   * What the model at a path can do, by a cheap look at its files; null when they are not of this engine.
   * Throws AsrError `model_load_failed` when they are, and are damaged.
   */
  readonly inspect: (path: string) => Promise<Capabilities | null>;
}

export interface RemoteModel {
  /** "Organization/Name". */
  readonly repository: string;
  readonly files: readonly string[];
}

interface SystemLibrary {
  readonly soname: string;
  /** What to install where it is absent. */
  readonly packages: string;
}

type Device = "cpu" | "metal" | "cuda";

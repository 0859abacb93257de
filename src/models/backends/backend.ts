/** What a backend is: data about an engine's shim, the same shape for every engine. */

export interface Backend {
  /** What users write before the colon. */
  readonly id: string;
  readonly displayName: string;
  /** Name of the shim's library among the files of the executable. */
  readonly library: string;
  readonly devices: readonly Device[];
  readonly capabilities: Capabilities;
  /** Globs of the model names it serves. */
  readonly patterns: readonly string[];
  /** Models that lie inside the executable: name to embedded file. */
  readonly embedded: Readonly<Record<string, string>>;
  /** What a model is on disk; "name": nothing, the engine loads a name as it is. */
  readonly form: "file" | "folder" | "name";
  /** Name of the file that holds a model of that name, in a folder of models. */
  readonly fileName?: (model: string) => string;
  /** Model repositories that hold a model of that name, "Organization/Name", best first. */
  readonly repositories?: (model: string) => readonly string[];
  /** The file of a folder that holds nearly all of its bytes. */
  readonly weightsFile?: string;
  /** It computes in the number format that the operator chooses. */
  readonly takesComputeType?: true;
  /** Variables that its libraries read when they are opened; the operator's own win. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a path must lead to, for the words of an error. */
  readonly pathMeans: string;
}

type Device = "cpu" | "metal" | "cuda";

interface Capabilities {
  readonly prompt: boolean;
  readonly words: boolean;
  readonly segments: boolean;
  readonly languages: boolean;
}

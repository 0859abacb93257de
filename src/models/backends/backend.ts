/** Defines the interface of a backend. A backend describes an engine, its library and the models that it runs. */
import type { Capabilities } from "../../ipc/capabilities.ts";
import type { WeightFacts } from "../formats/weight-facts.ts";

export interface Backend {
  /** Id of the backend. It is also the prefix of a model reference: `id:model`. */
  readonly id: string;
  /** Other ids of the backend. They are also valid as the prefix of a model reference. */
  readonly aliases?: readonly string[];
  readonly displayName: string;
  /** Kind of the models of this backend, for example "whisper". Undefined when the models are of different kinds. */
  readonly family?: string;
  /** Name of the engine's library in the executable. */
  readonly library: string;
  /** Path of the engine's library. Present only in tests of an engine that the executable does not contain. */
  readonly libraryFile?: string;
  readonly devices: readonly Device[];
  /** Library that runs the engine on a GPU with Vulkan. `library` has no code for Vulkan. */
  readonly vulkanLibrary?: VulkanLibrary;
  /** Glob patterns of model names. The backend runs models whose name matches a pattern. */
  readonly patterns: readonly string[];
  /** Names of published models. When a model is not found, the error message suggests a similar name. */
  readonly publishedModels: readonly string[];
  /** Models that are embedded in the executable. Maps the name of a model to the name of the embedded file. */
  readonly embedded: Readonly<Record<string, string>>;
  /**
   * Form in which a model is stored. "none": the engine needs no files, because it needs only the name of the model.
   */
  readonly storage: "file" | "folder" | "none";
  /** Returns the name of a model's file in the folder of models. */
  readonly fileName?: (model: string) => string;
  /** Returns the repositories that can contain a model, in the form "Organization/Name" and in order of preference. */
  readonly repositories?: (model: string) => readonly string[];
  /** Returns the folder of a model inside its repository. Null, or absent: the model is not in a folder of its own. */
  readonly folderInRepository?: (model: string) => string | null;
  /** Returns the repository from which a model can be downloaded. Null when no repository is known. */
  readonly remote?: (model: string) => RemoteModel | null;
  /** Names of the file with the weights in a model's folder. If there are several names, the first file found applies. */
  readonly weightsFile?: string | readonly string[];
  /**
   * Number of lanes if the operator does not set it. The engine computes the chunks of its lanes together. Absent: the
   * number of lanes depends on the machine.
   */
  readonly lanes?: number;
  /**
   * Number of lanes for each CPU core if the operator does not set the number of lanes. The engine divides the cores among
   * its lanes, and computes the chunks of several lanes together. Absent: one lane for each core.
   */
  readonly lanesPerCore?: number;
  /** Present when the backend supports the setting OPEN_ASR_COMPUTE_TYPE. */
  readonly supportsComputeType?: true;
  /**
   * Environment variables for the engine's library. The library reads them when it is loaded. If the operator has set
   * one of these variables, the value of the operator applies.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** System library that the engine's library needs on Linux. */
  readonly systemLibrary?: SystemLibrary;
  /** CPU feature without which the engine is slow. Absent when the engine is fast on every CPU. */
  readonly fastWith?: string;
  /** Maximum length in seconds of a chunk of audio that the model transcribes in one step. */
  readonly chunkMaxS: number;
  /** Memory that a process uses in addition to the files of its model. */
  readonly memory: MemoryUse;
  /** Description of the file or folder that a model's path must lead to, for error messages. */
  readonly expectedPath: string;
  /**
   * Reads the capabilities of a model from its files, without loading the model. Null when the files are not a model
   * for this engine. Throws AsrError `model_load_failed` when the files are a model for this engine but are damaged.
   */
  readonly inspect: (path: string) => Promise<Capabilities | null>;
  /**
   * Reads facts about the weights from the file at this path. Null when the file does not contain them in a known
   * format.
   */
  readonly weightFacts?: (path: string) => Promise<WeightFacts | null>;
}

export interface MemoryUse {
  readonly processBytes: number;
  /** Memory of the weights for each byte of the model's file. Absent: 1, because the engine does not convert them. */
  readonly weightsBytesPerFileByte?: number;
  /**
   * Memory in bytes for the activations and caches of one lane: `laneBytes`, plus `laneBytesPerFileByte` for each byte
   * of the model's file.
   */
  readonly laneBytes: number;
  readonly laneBytesPerFileByte: number;
}

export interface RemoteModel {
  /** Repository in the form "Organization/Name". */
  readonly repository: string;
  /** Names of the files to download. A name can be a glob pattern that matches one file. */
  readonly files: readonly string[];
  /**
   * Whether the backend knows a published model of this name. False when the repository was only derived from the name.
   */
  readonly isPublished: boolean;
  /** Name of the folder that contains the files. Null when the model is a single file. */
  readonly folder: string | null;
  /** Approximate total size of the files in bytes. Null when the size is unknown. */
  readonly bytes: number | null;
  /**
   * Whether the model can translate. Null when only the files of the model show this, and the files are not on this
   * machine.
   */
  readonly translates: boolean | null;
}

interface SystemLibrary {
  readonly soname: string;
  /** Names of the packages that contain the library, for error messages. */
  readonly packages: string;
}

type Device = "cpu" | "metal" | "cuda" | "vulkan";

export interface VulkanLibrary {
  /** Name of the library in the executable. */
  readonly name: string;
  /** Path of the library. Null: the library is in the executable. */
  readonly file: string | null;
}

/**
 * Backends for MLX, which runs with Metal on Macs with Apple silicon. All use the same engine. Two run Whisper models:
 * folders in the format of mlx-whisper for Python. They differ in the model names that they accept, and in the number of
 * chunks that the engine decodes together.
 */
import { basename } from "node:path";
import { embeddedNames } from "../../platform/embedded.ts";
import { inspectMlxWhisper, mlxWeightsFiles } from "../formats/mlx-whisper.ts";
import { whisperBytes } from "../whisper-sizes.ts";
import type { Backend, RemoteModel } from "./backend.ts";
import { backendNames, lightningSizes, whisperMlxSizes } from "./backend-names.ts";
import { kyutaiMlx } from "./kyutai-mlx.ts";
import { distilledMlxFolder, mlxRepositories, mlxSize } from "./mlx-models.ts";
import { parakeetMlx } from "./parakeet-mlx.ts";
import { canTranslate, whisperFacts } from "./whisper.ts";

/** Number of chunks that lightning-whisper-mlx for Python decodes together. */
export const batchSizeDefault = 12;

/** Largest number of chunks that the engine decodes together (ffi/mlx/whisper/batch_decoder.hpp). */
export const batchSizeMax = 16;

export interface MlxOptions {
  /** Path of a library that a build for Linux has made. Null: the library is in the executable. */
  readonly mlxLibrary: string | null;
  /** Number of chunks that lightning-whisper-mlx decodes together. The default is `batchSizeDefault`. */
  readonly batchSize?: number;
}

/** Returns the backends. Returns no backends if there is no library. */
export function mlxBackends({
  mlxLibrary: library,
  batchSize = batchSizeDefault,
}: MlxOptions): readonly Backend[] {
  if (library === null && embeddedNames(whisperOnMlx.library).length === 0) return [];
  const libraryFile = library === null ? {} : { libraryFile: library };
  const shared = { ...whisperOnMlx, ...libraryFile };
  return [
    {
      ...shared,
      ...backendNames.whisperMlx,
      displayName: "Whisper (MLX)",
      publishedModels: whisperMlxSizes.map((size) => `whisper-${size}`),
    },
    {
      ...shared,
      ...backendNames.lightningWhisperMlx,
      displayName: "Lightning Whisper (MLX)",
      publishedModels: lightningSizes.map((size) => `lightning-whisper-${size}`),
      // The engine decodes the chunks of all lanes together.
      lanes: batchSize,
    },
    { ...parakeetMlx, ...libraryFile },
    { ...kyutaiMlx, ...libraryFile },
  ];
}

// --- internal ---

const whisperOnMlx = {
  family: "whisper",
  library: "mlx",
  devices: ["cpu", "metal"],
  embedded: {},
  storage: "folder",
  weightsFile: mlxWeightsFiles,
  repositories: mlxRepositories,
  folderInRepository: distilledMlxFolder,
  remote,
  ...whisperFacts,
  /**
   * Peak memory with 30 s of audio per lane and 5 beams, rounded up. Measured with one, two and four lanes on a CPU, which
   * converts 16-bit weights to 32 bits. All lanes share the encoder. A lane adds the keys and values of its audio.
   */
  memory: {
    processBytes: 300e6,
    weightsBytesPerFileByte: 2,
    laneBytes: 40e6,
    laneBytesPerFileByte: 0.25,
  },
  expectedPath: "a folder of a Whisper model converted for MLX",
  inspect: inspectMlxWhisper,
} as const satisfies Omit<Backend, "id" | "displayName" | "patterns" | "publishedModels">;

/** Returns the repository to download for a name: the first of `mlxRepositories(name)`. */
function remote(name: string): RemoteModel | null {
  const [repository = null] = mlxRepositories(name);
  if (repository === null) return null;
  const folder = distilledMlxFolder(name);
  const size = mlxSize(name);
  const files = ["config.json", "weights.*"];
  return {
    repository,
    files: folder === null ? files : files.map((file) => `${folder}/${file}`),
    isPublished: !name.includes("/"),
    folder: basename(folder ?? repository),
    bytes: size === null || /-(?:\d+bit|q\d)/u.test(name) ? null : whisperBytes(size),
    translates: size === null ? null : canTranslate(size),
  };
}

/**
 * Backend for Kyutai's speech-to-text models on MLX, which runs with Metal on Macs with Apple silicon. Its models are the
 * repositories `kyutai/stt-*-mlx`, which moshi-mlx for Python reads too.
 */
import { isRepositoryName } from "../hub/hub.ts";
import { inspectMlxKyutai, kyutaiWeightsFiles } from "../formats/mlx-kyutai.ts";
import type { Backend, RemoteModel } from "./backend.ts";
import { backendNames } from "./backend-names.ts";

export const kyutaiMlx = {
  ...backendNames.kyutaiMlx,
  displayName: "Kyutai (MLX)",
  family: "kyutai",
  library: "mlx",
  devices: ["cpu", "metal"],
  publishedModels: ["kyutai/stt-1b-en_fr-mlx", "kyutai/stt-2.6b-en-mlx"],
  embedded: {},
  storage: "folder",
  weightsFile: kyutaiWeightsFiles,
  repositories: (name) => (isRepositoryName(name) ? [name] : []),
  remote,
  /** The engine computes the streams of all lanes together, and reads the weights once for all of them. */
  lanes: 8,
  chunkMaxS: 30,
  /** The process also loads the audio tokenizer. Each lane adds the keys and values of a stream. */
  memory: { processBytes: 700e6, laneBytes: 250e6, laneBytesPerFileByte: 0 },
  expectedPath: "a folder of a Kyutai speech-to-text model for MLX",
  inspect: inspectMlxKyutai,
} as const satisfies Backend;

// --- internal ---

/** Approximate sizes in bytes of the published models, with the audio tokenizer. */
const sizes: Readonly<Record<string, number>> = {
  "kyutai/stt-1b-en_fr-mlx": 2360e6,
  "kyutai/stt-2.6b-en-mlx": 5620e6,
};

function remote(name: string): RemoteModel | null {
  if (!isRepositoryName(name)) return null;
  return {
    repository: name,
    files: ["config.json", "model*.safetensors", "mimi-*.safetensors", "tokenizer*.model"],
    isPublished: Object.hasOwn(sizes, name),
    folder: name.replace(/^.*\//u, ""),
    bytes: sizes[name] ?? null,
    translates: false,
  };
}

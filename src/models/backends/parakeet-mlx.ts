/**
 * Backend for Parakeet models on MLX, which runs with Metal on Macs with Apple silicon. Its models are the repositories
 * `mlx-community/parakeet-*`, which parakeet-mlx for Python reads too.
 */
import { isRepositoryName } from "../hub/hub.ts";
import { inspectMlxParakeet, parakeetWeightsFile } from "../formats/mlx-parakeet.ts";
import type { Backend, RemoteModel } from "./backend.ts";
import { backendNames } from "./backend-names.ts";
import { publishedModel } from "./transcribe-cpp-models.ts";

export const parakeetMlx = {
  ...backendNames.parakeetMlx,
  displayName: "Parakeet (MLX)",
  family: "parakeet",
  library: "mlx",
  devices: ["cpu", "metal"],
  publishedModels: [
    "parakeet-tdt-0.6b-v3",
    "parakeet-tdt-0.6b-v2",
    "parakeet-tdt-1.1b",
    "parakeet-tdt_ctc-110m",
    "parakeet-tdt_ctc-1.1b",
    "parakeet-tdt_ctc-0.6b-ja",
    "parakeet-rnnt-0.6b",
    "parakeet-rnnt-1.1b",
    "parakeet-ctc-0.6b",
    "parakeet-ctc-1.1b",
  ],
  embedded: {},
  storage: "folder",
  weightsFile: parakeetWeightsFile,
  repositories,
  remote,
  chunkMaxS: 30,
  /** On a GPU. The engine computes the chunks of all lanes together. */
  lanes: 8,
  /**
   * The lanes share the weights. Each of them needs memory for its part of a batch. A process with the shape of v3 and one
   * chunk of 30 s had at most 380 MB in addition to the file.
   */
  memory: { processBytes: 250e6, laneBytes: 250e6, laneBytesPerFileByte: 0 },
  expectedPath: "a folder of a Parakeet model converted for MLX",
  inspect: inspectMlxParakeet,
} as const satisfies Backend;

// --- internal ---

/** Returns the repository for a name: the name itself if it contains an organization. */
function repositories(name: string): readonly string[] {
  if (isRepositoryName(name)) return [name];
  return /^parakeet-[\w.-]+$/u.test(name) ? [`mlx-community/${name}`] : [];
}

/** Returns the approximate size of a published model. Its weights are 32-bit floats, as in the largest GGUF file. */
function bytesOf(model: string): number | null {
  return model === "parakeet-tdt_ctc-0.6b-ja"
    ? 2480e6
    : (publishedModel(`${model}-f32`)?.bytes ?? null);
}

function remote(name: string): RemoteModel | null {
  const [repository = null] = repositories(name);
  if (repository === null) return null;
  const folder = repository.replace(/^.*\//u, "");
  return {
    repository,
    files: ["config.json", parakeetWeightsFile],
    isPublished: !name.includes("/"),
    folder,
    bytes: bytesOf(folder),
    translates: false,
  };
}

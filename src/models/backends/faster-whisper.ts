/**
 * Backend for CTranslate2, which runs on the CPU, and with CUDA on NVIDIA's GPUs. Its Whisper models are folders in the
 * layout of faster-whisper for Python.
 */
import { basename } from "node:path";
import { ctranslate2Weights } from "../formats/ctranslate2-weights.ts";
import { inspectCtranslate2Whisper } from "../formats/ctranslate2-whisper.ts";
import { whisperBytes } from "../whisper-sizes.ts";
import type { Backend, RemoteModel } from "./backend.ts";
import { isStarterForCtranslate2, starterFiles } from "./starter.ts";
import { backendNames } from "./backend-names.ts";
import { canTranslate, whisperFacts, whisperSizes } from "./whisper.ts";

/** Sizes of Whisper that this backend offers: all sizes except the outdated size large-v1. */
const suggestedSizes = whisperSizes.filter((size) => size !== "large-v1");

const distilledSizes = [
  "distil-small.en",
  "distil-medium.en",
  "distil-large-v2",
  "distil-large-v3",
  "distil-large-v3.5",
];

export const fasterWhisper: Backend = {
  id: backendNames.fasterWhisper.id,
  displayName: "faster-whisper (CTranslate2)",
  family: "whisper",
  library: "ctranslate2",
  devices: ["cpu", "cuda"],
  patterns: [
    ...backendNames.fasterWhisper.patterns,
    "*/faster-whisper-*",
    "*/faster-distil-whisper-*",
  ],
  publishedModels: [
    ...suggestedSizes.map((size) => `openai/whisper-${size}`),
    ...distilledSizes.map((size) => `distil-whisper/${size}`),
  ],
  embedded: isStarterForCtranslate2 ? starterFiles : {},
  storage: "folder",
  weightsFile: "model.bin",
  supportsComputeType: true,
  // The decoder reads its weights once in each step for all chunks of a batch.
  lanesPerCore: 4,
  repositories,
  remote,
  // By default, OpenMP threads keep the CPU busy while they wait. The setting "passive" lets them sleep instead. This
  // was measured while another process used the CPU: two busy threads needed twice the time of one thread, but two
  // sleeping threads needed only 0.8 times the time of one thread.
  environment: { OMP_WAIT_POLICY: "passive" },
  // CTranslate2 throws C++ exceptions into the engine library of this project. Therefore both libraries must use the
  // same C++ standard library. This is the C++ standard library of the system.
  systemLibrary: { soname: "libstdc++.so.6", packages: "libstdc++6 or libstdc++" },
  fastWith: "avx2",
  ...whisperFacts,
  expectedPath: "a folder of a Whisper model converted for CTranslate2",
  inspect: inspectCtranslate2Whisper,
  weightFacts: ctranslate2Weights,
};

// --- internal ---

/**
 * Returns the repositories to search, in order. For a model of OpenAI, this is the repository with the conversion for
 * CTranslate2. For a model of Distil-Whisper, it is the repository with the conversion, then the repository with this
 * name. For a model of any other organization, it is the repository with this name.
 */
function repositories(name: string): string[] {
  const { organization, model } = partsOf(name);
  if (organization === "openai" || organization === null) return [converted(sizeOf(model))];
  if (organization === "distil-whisper") return [converted(model), name];
  return [name];
}

/**
 * Returns the repository to download for a name: the first of `repositories(name)`. Null when the organization is in
 * `namedOrganizations` but has not published such a model. For any other organization, the repository may not exist.
 */
function remote(name: string): RemoteModel | null {
  const { organization, model } = partsOf(name);
  const size = sizeOf(model);
  const isOther = organization !== null && !namedOrganizations.has(organization);
  const [repository = null] = repositories(name);
  if (repository === null || !/^\w[\w.-]*\/\w[\w.-]*$/u.test(repository)) return null;
  if (
    !isOther &&
    ![...suggestedSizes, ...distilledSizes, ...irregularRepositories.keys()].includes(size)
  ) {
    return null;
  }
  return {
    repository,
    files: ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"],
    isPublished: !isOther,
    folder: basename(repository),
    bytes: whisperBytes(size),
    translates: isOther && !knownRepositories.has(repository) ? null : canTranslate(size),
  };
}

/** Organizations whose model names this backend knows. */
const namedOrganizations: ReadonlySet<string> = new Set(["openai", "distil-whisper", "Systran"]);

function partsOf(name: string) {
  const [, organization = null, model = ""] = /^(?:([^/]+)\/)?(.*)$/u.exec(name) ?? [];
  return { organization, model };
}

/**
 * Returns the size in a model name: `small` for `whisper-small` and `faster-whisper-small`, `distil-small.en` for
 * `faster-distil-whisper-small.en`.
 */
function sizeOf(model: string): string {
  return model.replace(/^(?:faster-)?(distil-)?whisper-/u, "$1");
}

function converted(size: string): string {
  const irregular = irregularRepositories.get(size);
  if (irregular !== undefined) return irregular;
  const distilled = /^distil-(.*)$/u.exec(size);
  return distilled === null
    ? `Systran/faster-whisper-${size}`
    : `Systran/faster-distil-whisper-${distilled[1]}`;
}

/** Repositories of converted models whose names do not follow the usual scheme, by model size. */
const irregularRepositories: ReadonlyMap<string, string> = new Map([
  ["large", "Systran/faster-whisper-large-v3"],
  ["turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"],
  ["large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"],
  ["distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2"],
]);

const knownRepositories: ReadonlySet<string> = new Set(irregularRepositories.values());

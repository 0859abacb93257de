/** CTranslate2: Whisper models in the folders that Python's faster-whisper uses; CPU everywhere. */
import { inspectCtranslate2Whisper } from "../formats/ctranslate2-whisper.ts";
import type { Backend, RemoteModel } from "./backend.ts";

const publishedSizes = [
  "tiny",
  "tiny.en",
  "base",
  "base.en",
  "small",
  "small.en",
  "medium",
  "medium.en",
  "large-v2",
  "large-v3",
  "large-v3-turbo",
];

export const fasterWhisper: Backend = {
  id: "faster-whisper",
  displayName: "faster-whisper (CTranslate2)",
  library: "ctranslate2",
  devices: ["cpu"],
  patterns: [
    "openai/whisper-*",
    "distil-whisper/*",
    "*/faster-whisper-*",
    "*/faster-distil-whisper-*",
  ],
  publishedModels: publishedSizes.map((size) => `openai/whisper-${size}`),
  embedded: {},
  form: "folder",
  weightsFile: "model.bin",
  takesComputeType: true,
  repositories,
  remote,
  // OpenMP's threads spin while they wait. As soon as anything else ran, two took twice the time of one; asleep, 0.8 of it.
  environment: { OMP_WAIT_POLICY: "passive" },
  // Its exceptions are thrown through the shim, so both share the system's C++ library.
  systemLibrary: { soname: "libstdc++.so.6", packages: "libstdc++6 or libstdc++" },
  chunkMaxS: 30,
  pathMeans: "a folder of a Whisper model converted for CTranslate2",
  inspect: inspectCtranslate2Whisper,
};

// --- internal ---

/** Repositories that hold the model OpenAI or the distillers call so, converted for CTranslate2; then that of the name itself. */
function repositories(name: string): string[] {
  const [, organization = null, model = ""] = /^(?:([^/]+)\/)?(.*)$/u.exec(name) ?? [];
  if (organization === "openai" || organization === null) {
    const size = model.replace(/^whisper-/u, "");
    return [converted(size)];
  }
  if (organization === "distil-whisper") return [converted(model), name];
  return [name];
}

/** The first of the repositories: their names say that they hold a conversion, whether it is published or not. */
function remote(name: string): RemoteModel | null {
  const [repository = null] = repositories(name);
  if (repository === null || !/^\w[\w.-]*\/\w[\w.-]*$/u.test(repository)) return null;
  return { repository, files: ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"] };
}

function converted(size: string): string {
  const own = exceptions.get(size);
  if (own !== undefined) return own;
  const distilled = /^distil-(.*)$/u.exec(size);
  return distilled === null
    ? `Systran/faster-whisper-${size}`
    : `Systran/faster-distil-whisper-${distilled[1]}`;
}

/** Sizes whose conversion is to be found elsewhere than their siblings'. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ["large", "Systran/faster-whisper-large-v3"],
  ["turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"],
  ["large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"],
  ["distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2"],
]);
